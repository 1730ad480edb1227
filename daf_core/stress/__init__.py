"""Robustness of heads: errors under a grid of damage conditions, as tables and a figure."""
