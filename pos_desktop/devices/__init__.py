"""Printers, drawers and payment terminals behind small protocols."""
