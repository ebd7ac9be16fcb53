"""The Postfix queue: listing, looking, and acting on it without losing mail."""
