"""Bringing a machine to the reference configuration, and back."""
