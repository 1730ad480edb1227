"""Random numbers that belong to an utterance, not to the process or order it is met in."""

import hashlib

import numpy as np


def draws(seed: int, utterance_id: str, what: str) -> np.random.Generator:
    """The generator of `what` (a kind of damage) for one utterance."""
    return np.random.default_rng(int(rank(seed, utterance_id, what), 16))


def rank(seed: int, utterance_id: str, what: str) -> str:
    """32 hex digits; rows in the order of theirs are shuffled, the same way everywhere."""
    return hashlib.sha256(f"{seed}\n{what}\n{utterance_id}".encode()).hexdigest()[:32]
