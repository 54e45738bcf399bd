-- What the scheduler itself says of a job: nothing but nodes was wanting, it had them, others could
-- have them again. Nanoseconds from the stream's beginning; NULL: it does not say.
ALTER TABLE job ADD COLUMN eligible_ns INTEGER;
ALTER TABLE job ADD COLUMN allocated_ns INTEGER;
ALTER TABLE job ADD COLUMN freed_ns INTEGER;
