"""Frozen encoders: text or waveforms in, every hidden layer pooled over time out."""
