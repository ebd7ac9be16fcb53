"""From the bytes of `postqueue -j` to a store of a million messages."""
