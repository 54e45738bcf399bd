-- Times are nanoseconds since 1970 (UTC); NULL: not yet. Ids are 8 lower-case hex digits.

CREATE TABLE cluster (
    id                TEXT PRIMARY KEY CHECK (length(id) = 8),
    name              TEXT CHECK (length(name) > 0),
    state             TEXT NOT NULL CHECK (state IN
                          ('creating', 'ready', 'failing', 'deleting', 'failed', 'deleted')),
    version           INTEGER NOT NULL CHECK (version > 0),
    created_ns        INTEGER NOT NULL CHECK (created_ns > 0),
    ready_ns          INTEGER CHECK (ready_ns > 0),
    ended_ns          INTEGER CHECK (ended_ns > 0),
    spec              TEXT NOT NULL CHECK (json_type(spec) = 'object'),
    image_id          TEXT,
    image_name        TEXT,
    image_digest      TEXT,
    subnet            TEXT,
    scheduler_version TEXT,
    step              TEXT,
    nodes             TEXT CHECK (json_type(nodes) = 'array'),
    timings           TEXT CHECK (json_type(timings) = 'object'),
    warnings          TEXT CHECK (json_type(warnings) = 'array'),
    error             TEXT CHECK (json_type(error) = 'object'),
    residue           TEXT CHECK (json_type(residue) = 'object')
) STRICT, WITHOUT ROWID;

-- A name is taken for as long as its cluster is not gone.
CREATE UNIQUE INDEX cluster_live_name ON cluster (name)
    WHERE state IN ('creating', 'ready', 'failing', 'deleting');
CREATE INDEX cluster_all ON cluster (created_ns, id, name);
CREATE INDEX cluster_of_state ON cluster (state, created_ns, id, name);
CREATE INDEX cluster_image ON cluster (image_digest)
    WHERE state IN ('creating', 'ready', 'failing', 'deleting');

CREATE TABLE step (
    cluster     TEXT NOT NULL REFERENCES cluster (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    attempt     INTEGER NOT NULL CHECK (attempt > 0),
    state       TEXT NOT NULL CHECK (state IN ('intended', 'done', 'failed')),
    started_ns  INTEGER NOT NULL CHECK (started_ns > 0),
    ended_ns    INTEGER CHECK (ended_ns > 0),
    deadline_ns INTEGER CHECK (deadline_ns > 0),
    error       TEXT,
    UNIQUE (cluster, name, attempt)
) STRICT;

CREATE TABLE inventory (
    cluster TEXT PRIMARY KEY REFERENCES cluster (id) ON DELETE CASCADE,
    items   TEXT NOT NULL CHECK (json_type(items) = 'array')
) STRICT, WITHOUT ROWID;

CREATE TABLE image (
    id            TEXT PRIMARY KEY CHECK (length(id) = 8),
    name          TEXT NOT NULL CHECK (length(name) > 0),
    state         TEXT NOT NULL CHECK (state IN ('building', 'ready', 'failed')),
    version       INTEGER NOT NULL CHECK (version > 0),
    created_ns    INTEGER NOT NULL CHECK (created_ns > 0),
    ready_ns      INTEGER CHECK (ready_ns > 0),
    digest        TEXT,
    recipe_digest TEXT NOT NULL,
    fingerprint   TEXT,
    size_bytes    INTEGER NOT NULL CHECK (size_bytes >= 0),
    entries       INTEGER NOT NULL CHECK (entries >= 0),
    packages      INTEGER NOT NULL CHECK (packages >= 0),
    progress      TEXT,
    error         TEXT,
    CHECK (state <> 'ready' OR (digest IS NOT NULL AND ready_ns IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX image_listing ON image (created_ns, id);
CREATE INDEX image_name ON image (name, state, ready_ns);
CREATE INDEX image_digest ON image (digest);

-- AUTOINCREMENT: a number is never given twice, not even after the newest rows were deleted.
CREATE TABLE event (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ns   INTEGER NOT NULL CHECK (at_ns > 0),
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    data    TEXT NOT NULL CHECK (json_type(data) = 'object')
) STRICT;

CREATE INDEX event_subject ON event (subject, seq);

CREATE TABLE reply (
    key            TEXT PRIMARY KEY,
    request_digest TEXT NOT NULL,
    status         INTEGER NOT NULL CHECK (status BETWEEN 100 AND 599),
    location       TEXT,
    body           TEXT NOT NULL,
    created_ns     INTEGER NOT NULL CHECK (created_ns > 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX reply_created ON reply (created_ns);
