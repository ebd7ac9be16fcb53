"""The trash, from which a deletion can be undone: hard links in the queue directory."""
