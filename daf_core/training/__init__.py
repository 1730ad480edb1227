"""From labelled embeddings to a head, on one worker or several."""
