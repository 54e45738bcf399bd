CREATE TABLE campaign (
    id         TEXT PRIMARY KEY CHECK (length(id) = 8),
    name       TEXT NOT NULL CHECK (length(name) > 0),
    state      TEXT NOT NULL CHECK (state IN
                   ('queued', 'running', 'paused', 'cancelling', 'done', 'failed', 'cancelled')),
    priority   INTEGER NOT NULL CHECK (priority BETWEEN -100 AND 100),
    version    INTEGER NOT NULL CHECK (version > 0),
    created_ns INTEGER NOT NULL CHECK (created_ns > 0),
    started_ns INTEGER CHECK (started_ns > 0),
    ended_ns   INTEGER CHECK (ended_ns > 0),
    digest     TEXT NOT NULL,
    cells      INTEGER NOT NULL CHECK (cells >= 0),
    blocks     INTEGER NOT NULL CHECK (blocks >= 0),
    runs       INTEGER NOT NULL CHECK (runs >= 0),
    done       INTEGER NOT NULL CHECK (done >= 0),
    failed     INTEGER NOT NULL CHECK (failed >= 0),
    excluded   INTEGER NOT NULL CHECK (excluded >= 0),
    busy_ns    INTEGER NOT NULL CHECK (busy_ns >= 0),
    error      TEXT,
    spec       TEXT NOT NULL CHECK (json_type(spec) = 'object') -- last: what is before it is near
) STRICT, WITHOUT ROWID;

CREATE INDEX campaign_all ON campaign (created_ns, id, name);
CREATE INDEX campaign_of_state ON campaign (state, created_ns, id, name);
-- All that is asked of those not at their end when benchd starts; an unknown state is found too.
CREATE INDEX campaign_heads ON campaign (created_ns, id, state, priority, done, failed)
    WHERE state NOT IN ('done', 'failed', 'cancelled');

CREATE TABLE run (
    id          TEXT PRIMARY KEY CHECK (length(id) = 8),
    campaign    TEXT NOT NULL REFERENCES campaign (id),
    position    INTEGER NOT NULL CHECK (position >= 0),
    attempt     INTEGER NOT NULL CHECK (attempt > 0),
    cell        INTEGER NOT NULL CHECK (cell >= 0),
    block       INTEGER NOT NULL CHECK (block >= 0),
    warmup      INTEGER NOT NULL CHECK (warmup IN (0, 1)),
    state       TEXT NOT NULL CHECK (state IN
                    ('queued', 'preparing', 'measuring', 'clearing', 'failing', 'cancelling',
                     'done', 'failed', 'cancelled')),
    version     INTEGER NOT NULL CHECK (version > 0),
    created_ns  INTEGER NOT NULL CHECK (created_ns > 0),
    started_ns  INTEGER CHECK (started_ns > 0),
    ended_ns    INTEGER CHECK (ended_ns > 0),
    deadline_ns INTEGER CHECK (deadline_ns > 0),
    waiting     TEXT,
    grade       TEXT CHECK (grade IN ('usable', 'limited', 'invalid')),
    reasons     TEXT CHECK (json_type(reasons) = 'array'),
    error       TEXT CHECK (json_type(error) = 'object'),
    conditions  TEXT CHECK (json_type(conditions) = 'object'),
    metrics     TEXT CHECK (json_type(metrics) = 'object'),
    warnings    TEXT CHECK (json_type(warnings) = 'array'),
    levels      TEXT NOT NULL CHECK (json_type(levels) = 'object'),
    spec        TEXT NOT NULL CHECK (json_type(spec) = 'object'),
    UNIQUE (campaign, position, attempt)
) STRICT, WITHOUT ROWID;

CREATE INDEX run_all ON run (created_ns, id);
CREATE INDEX run_of_state ON run (state, created_ns, id);
CREATE INDEX run_of_campaign ON run (campaign, created_ns, id, state);
-- What the queue of a campaign asks of all of its runs.
CREATE INDEX run_heads ON run (campaign, position, attempt, id, state);

-- A cluster that belongs to a run has the id of it, here as in `id`.
ALTER TABLE cluster ADD COLUMN run TEXT CHECK (run = id);
