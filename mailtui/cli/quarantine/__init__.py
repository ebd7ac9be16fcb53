"""`mailtui quarantine …`: one module per command; release, delete and keep share `act`."""
