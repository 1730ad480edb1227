"""Where the weights of encoders are, and that they are those that were asked for. No torch."""
