"""What an apply would change, before anything is."""
