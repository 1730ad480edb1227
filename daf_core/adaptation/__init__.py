"""Fit a head to an archive with few labels: which rows to label, and what the labels change."""
