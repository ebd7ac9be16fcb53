"""`mailtui greylist`: one module a command."""
