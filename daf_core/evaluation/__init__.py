"""Evaluation of heads: trials, intervals, controls of the weights, tables, figures, model cards."""
