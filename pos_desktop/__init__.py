"""The till without a screen or a network."""
