"""`mailtui av`: one module a command."""
