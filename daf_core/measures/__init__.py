"""How good scores are, and how certain."""
