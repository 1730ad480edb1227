"""The stages of the work on one part: decode, embed, score."""
