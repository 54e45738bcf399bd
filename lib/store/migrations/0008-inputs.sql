-- Files that specs name by their digest; the bytes are beside the database.
CREATE TABLE input (
    id           TEXT PRIMARY KEY CHECK (length(id) = 8),
    digest       TEXT NOT NULL UNIQUE CHECK (length(digest) = 71),
    name         TEXT,
    bytes        INTEGER NOT NULL CHECK (bytes >= 0),
    stored_bytes INTEGER NOT NULL CHECK (stored_bytes >= 0),
    created_ns   INTEGER NOT NULL CHECK (created_ns > 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX input_all ON input (created_ns, id);

-- Which job of its stream has to end before it; NULL: none.
ALTER TABLE job ADD COLUMN after_idx INTEGER CHECK (after_idx BETWEEN 0 AND 4294967295);
