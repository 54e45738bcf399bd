-- What a job asked for on each of its nodes: tasks (0: one), cores for each (0: nothing was said), memory
-- (likewise), and whether others might be there.
ALTER TABLE job ADD COLUMN node_tasks INTEGER NOT NULL DEFAULT 0 CHECK (node_tasks >= 0);
ALTER TABLE job ADD COLUMN task_cores INTEGER NOT NULL DEFAULT 0 CHECK (task_cores >= 0);
ALTER TABLE job ADD COLUMN node_memory_bytes INTEGER NOT NULL DEFAULT 0 CHECK (node_memory_bytes >= 0);
ALTER TABLE job ADD COLUMN shares INTEGER NOT NULL DEFAULT 0 CHECK (shares IN (0, 1));
