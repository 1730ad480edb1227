"""Metrics of scores, and the calibration and reliability of their certainty."""
