"""Find the weights of encoders and check that they are the expected ones. No torch."""
