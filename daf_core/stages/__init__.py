"""What is done to one part: decode, embed, score."""
