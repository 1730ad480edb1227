"""Frozen encoders: from text or samples to hidden layers, pooled over time or as frames."""

from daf_core.encoders.torchaudio_guard import ensure_torchaudio

ensure_torchaudio()  # before transformers' speech models import torchaudio
