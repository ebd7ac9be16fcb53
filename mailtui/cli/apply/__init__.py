"""`mailtui --apply` and what belongs to it: history, rollback, confirm."""
