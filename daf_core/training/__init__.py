"""Training of heads on labelled embeddings, on one worker or several."""
