"""`mailtui queue …`: one module per command; hold, release, requeue, delete and expire share `act`."""
