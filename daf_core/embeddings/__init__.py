"""Embedding columns: their names, how they are read, and the columns derived from them."""
