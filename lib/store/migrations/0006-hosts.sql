-- What a host was like while runs were measured on it: once each, by its digest, which runs name in
-- their conditions.
CREATE TABLE host (
    digest      TEXT PRIMARY KEY CHECK (length(digest) = 71),
    first_ns    INTEGER NOT NULL CHECK (first_ns > 0),
    description TEXT NOT NULL CHECK (json_type(description) = 'object')
) STRICT, WITHOUT ROWID;
