"""Carrying facts to the central API and bringing back what changed."""
