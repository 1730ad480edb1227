"""What DAF does, without Ray: tables, audio, frozen encoders, heads, training, scoring, report.

Nothing here imports ray, reads environment variables or prints; everything runs in a notebook.
"""

__version__ = "0.1.0"
