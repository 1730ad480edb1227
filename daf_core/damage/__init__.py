"""Damage to recordings and transcripts, as it occurs in practice, in graded severity.

The same seed, utterance and kind give the same damage, in any part and on any machine.
"""
