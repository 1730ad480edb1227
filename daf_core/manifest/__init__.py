"""A manifest: recordings cut into parts, and kept up to date as the source grows."""
