"""What is taken out of finished outputs: words, and recordings that must be forgotten."""
