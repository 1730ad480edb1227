"""Files that others made are read in processes that can be ended."""
