"""The operations console for a Postfix mail server on Debian."""

__version__ = "0.1.0"
