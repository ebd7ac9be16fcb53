"""Postfix's lookup tables: which ones the configuration uses, what is wrong with them, asked and changed."""
