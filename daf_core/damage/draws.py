"""Random numbers that depend on the utterance, not on the process or the order of work."""

import hashlib

import numpy as np


def draws(seed: int, utterance_id: str, purpose: str) -> np.random.Generator:
    """A generator for one utterance and one purpose, such as a kind of damage."""
    return np.random.default_rng(int(rank(seed, utterance_id, purpose), 16))


def rank(seed: int, utterance_id: str, purpose: str) -> str:
    """32 hex digits. Utterances sorted by them are in a shuffled order, the same everywhere."""
    return hashlib.sha256(f"{seed}\n{purpose}\n{utterance_id}".encode()).hexdigest()[:32]
