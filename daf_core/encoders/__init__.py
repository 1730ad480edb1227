"""Frozen encoders: text or waveforms in, every hidden layer pooled over time out."""

from daf_core.encoders.torchaudio_guard import ensure_torchaudio

ensure_torchaudio()  # before transformers' speech models, which import torchaudio where it is
