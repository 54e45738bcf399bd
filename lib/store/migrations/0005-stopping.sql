-- How the rule for stopping of a campaign stands; of one without a rule there is no row.
CREATE TABLE stopping (
    campaign TEXT PRIMARY KEY REFERENCES campaign (id),
    state    TEXT NOT NULL CHECK (json_type(state) = 'object')
) STRICT, WITHOUT ROWID;
