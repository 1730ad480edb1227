"""Recordings of any format: opened once, read by time, cut where voices are."""
