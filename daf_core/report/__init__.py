"""One HTML page about a scored archive."""
