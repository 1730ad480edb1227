"""Scores, calls and speakers in forms that other programs take."""
