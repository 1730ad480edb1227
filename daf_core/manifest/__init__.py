"""A manifest: recordings cut into parts, and kept true as the archive grows."""
