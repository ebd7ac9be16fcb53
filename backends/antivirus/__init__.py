"""ClamAV: the scanner, its signatures, and what fetches them."""
