-- What the runs of a campaign with a budget have taken so far; of one without a budget there is no row.
-- why: there was no room for more, and it ended; NULL: that has not happened.
CREATE TABLE budget (
    campaign TEXT PRIMARY KEY REFERENCES campaign (id),
    runs     INTEGER NOT NULL DEFAULT 0 CHECK (runs >= 0),
    wall_ns  INTEGER NOT NULL DEFAULT 0 CHECK (wall_ns >= 0),
    node_ns  INTEGER NOT NULL DEFAULT 0 CHECK (node_ns >= 0),
    why      TEXT
) STRICT, WITHOUT ROWID;
