"""A message as text: its headers and its parts, read without obeying anything in them."""
