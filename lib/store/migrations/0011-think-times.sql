-- How long after the end of the job that it follows a job is submitted, and its group in the trace that
-- it is from; NULL: none.
ALTER TABLE job ADD COLUMN think_ns INTEGER CHECK (think_ns >= 0);
ALTER TABLE job ADD COLUMN group_id INTEGER CHECK (group_id >= 0);
