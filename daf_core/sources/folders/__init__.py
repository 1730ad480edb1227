"""A folder as a source: which of its files are what, and which belong together."""
