"""Figures about speed and memory."""
