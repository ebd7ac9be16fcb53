"""`mailtui cleanup`: what has been kept long enough goes; for cron and timers."""
