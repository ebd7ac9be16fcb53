"""The last minutes of the mail log."""
