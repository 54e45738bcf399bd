-- Definitions of workloads, once each, by their content: those that were registered, and those that
-- campaigns were planned with.
CREATE TABLE definition (
    digest   TEXT PRIMARY KEY CHECK (length(digest) = 71),
    first_ns INTEGER NOT NULL CHECK (first_ns > 0),
    content  TEXT NOT NULL CHECK (json_type(content) = 'object')
) STRICT, WITHOUT ROWID;

-- What a name stands for now, of those that were registered.
CREATE TABLE workload (
    name          TEXT PRIMARY KEY CHECK (length(name) > 0),
    digest        TEXT NOT NULL REFERENCES definition (digest),
    registered_ns INTEGER NOT NULL CHECK (registered_ns > 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX workload_digest ON workload (digest);

CREATE TABLE definition_use (
    digest   TEXT NOT NULL REFERENCES definition (digest),
    campaign TEXT NOT NULL REFERENCES campaign (id),
    PRIMARY KEY (digest, campaign)
) STRICT, WITHOUT ROWID;
