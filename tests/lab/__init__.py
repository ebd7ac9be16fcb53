"""Throwaway Debian machines with systemd and Postfix inside, for tests and for `make lab`.

`Machine` is the thing to use; it lives as long as its `with` block and dies with the Python process that made it.
"""
