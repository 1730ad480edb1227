"""Recordings of any format: opened once, read by time, and searched for speech."""
