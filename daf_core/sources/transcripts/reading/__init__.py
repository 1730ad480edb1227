"""What readers of several formats share: times, words, JSON, lines, tiers."""
