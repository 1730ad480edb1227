"""Heads compared: trials, intervals, what their weights are worth, and the tables of it."""
