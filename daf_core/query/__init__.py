"""SQL over the tables of scores, which reads nothing else."""
