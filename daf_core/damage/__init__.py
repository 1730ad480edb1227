"""Damage that recordings and transcripts meet on their way, in graded strength.

The same seed, utterance and kind give the same damage, whatever else is damaged, where and when.
"""
