"""Heads under damage: a grid of conditions, what it measures, its table and picture."""
