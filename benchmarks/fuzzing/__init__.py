"""The parts of benchmarks/fuzz.py: originals → damage → inputs → trial, tried under a watchdog."""
