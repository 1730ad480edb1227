"""Recognized words for utterances that have none: automatic speech recognition (ASR).

models       which recognizers there are, and the SHA-256 of their weights
recognizer   waves → words with times, probabilities and language (faster-whisper)
windows      several waves in one window of 30 s, and its words back to their waves
doubts       why recognized words are not to be believed
rows         the rows of one manifest part: those without words get them
"""
