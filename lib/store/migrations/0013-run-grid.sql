-- All runs of a campaign as a grid of cells x blocks: answered by the index alone.
CREATE INDEX run_grid ON run (campaign, cell, block, attempt, id, state, grade);
