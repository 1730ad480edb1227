"""Features that a corpus came with, used as embeddings."""
