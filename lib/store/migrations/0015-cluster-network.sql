-- What a shaped network was measured to be, as a run's conditions.network; NULL: it is not shaped.
ALTER TABLE cluster ADD COLUMN network TEXT CHECK (json_type(network) = 'object');
