"""How heads are fitted: training data, Ray Train workers, hyperparameter search."""
