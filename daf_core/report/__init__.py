"""One HTML page about scored recordings."""
