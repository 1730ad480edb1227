"""Figures about heads: how well they score, what their weights mean, what harms them."""
