-- What is in a file, kept once however many runs have left it; the bytes are beside the database.
CREATE TABLE object (
    digest       TEXT PRIMARY KEY CHECK (length(digest) = 71),
    stored_bytes INTEGER NOT NULL CHECK (stored_bytes >= 0),
    created_ns   INTEGER NOT NULL CHECK (created_ns > 0)
) STRICT, WITHOUT ROWID;

-- A file of a run at its end. Its row stays when its object is removed.
CREATE TABLE artifact (
    run         TEXT NOT NULL REFERENCES run (id),
    name        TEXT NOT NULL CHECK (length(name) > 0),
    digest      TEXT NOT NULL CHECK (length(digest) = 71),
    bytes       INTEGER NOT NULL CHECK (bytes >= 0),
    modified_ns INTEGER NOT NULL CHECK (modified_ns > 0),
    removed_ns  INTEGER CHECK (removed_ns > 0),
    PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;

-- Who still needs an object, and which runs still have files.
CREATE INDEX artifact_of_object ON artifact (digest) WHERE removed_ns IS NULL;
CREATE INDEX artifact_kept ON artifact (run, digest) WHERE removed_ns IS NULL;
