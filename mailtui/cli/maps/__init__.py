"""`mailtui maps …`: the lookup tables."""
