"""Embedding columns: what they are called, how they are read, and what is derived from them."""
