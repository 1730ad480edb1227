"""The parts of fuzz.py: whole files, ways to damage them, the inputs, and the trial of an input."""
