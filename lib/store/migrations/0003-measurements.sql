-- What was seen of the jobs of a run. Times are nanoseconds from the stream's beginning; NULL: not
-- seen.
CREATE TABLE job (
    run              TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    idx              INTEGER NOT NULL CHECK (idx BETWEEN 0 AND 4294967295),
    task             INTEGER NOT NULL CHECK (task BETWEEN 0 AND 4294967295),
    nodes            INTEGER NOT NULL CHECK (nodes >= 0),
    user             INTEGER NOT NULL CHECK (user >= 0),
    planned_ns       INTEGER,
    submit_ns        INTEGER,
    accepted_ns      INTEGER,
    started_first_ns INTEGER,
    started_all_ns   INTEGER,
    ended_last_ns    INTEGER,
    runtime_ns       INTEGER NOT NULL,
    requested_ns     INTEGER NOT NULL,
    job_id           INTEGER NOT NULL,
    exit_code        INTEGER NOT NULL,
    starts           INTEGER NOT NULL CHECK (starts >= 0),
    ends             INTEGER NOT NULL CHECK (ends >= 0),
    doubled          INTEGER NOT NULL CHECK (doubled IN (0, 1)),
    outcome          TEXT NOT NULL CHECK (outcome IN
                         ('completed', 'failed', 'killed', 'refused', 'lost', 'not-submitted')),
    end_state        TEXT NOT NULL CHECK (end_state IN
                         ('unknown', 'completed', 'failed', 'timeout', 'cancelled', 'node-fail')),
    node_list        TEXT NOT NULL,
    PRIMARY KEY (run, idx, task)
) STRICT, WITHOUT ROWID;

-- A page of one outcome is a walk along it; so is their count.
CREATE INDEX job_of_outcome ON job (run, outcome, idx, task);

-- Samples of one metric of one node ('': the host) in encoded blocks. Times are monotonic
-- nanoseconds from the beginning of sampling: of the first and of the last sample in the block.
CREATE TABLE sample (
    run     TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    metric  TEXT NOT NULL CHECK (length(metric) > 0),
    node    TEXT NOT NULL,
    from_ns INTEGER NOT NULL CHECK (from_ns >= 0),
    to_ns   INTEGER NOT NULL CHECK (to_ns >= from_ns),
    n       INTEGER NOT NULL CHECK (n > 0),
    data    BLOB NOT NULL, -- last: what is before it is near
    PRIMARY KEY (run, metric, node, from_ns)
) STRICT, WITHOUT ROWID;
