-- An image that was built for workloads has another name than its recipe; NULL: the same, for none.
ALTER TABLE image ADD COLUMN recipe TEXT CHECK (length(recipe) > 0);
ALTER TABLE image ADD COLUMN workloads TEXT CHECK (json_type(workloads) = 'array');
