"""Precomputed features, published with a corpus, in the place of embeddings of our encoders."""
