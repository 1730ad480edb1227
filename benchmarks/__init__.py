"""The scripts behind every figure in docs/results.md: see benchmarks/README.md."""
