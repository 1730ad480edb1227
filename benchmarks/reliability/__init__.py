"""Figures about what survives: killed processes, lost nodes, a failing store, damaged inputs."""
