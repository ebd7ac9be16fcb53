"""What is wrong on a host, since when, on what evidence, and what mends it."""
