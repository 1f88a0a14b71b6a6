//! What people and programs read of a run: the summary, its data, the record.
