"""What the console keeps of the memory that it has used."""

import ctypes

M_MMAP_THRESHOLD = -3  # malloc.h
LARGE = 128 << 10


def give_back() -> None:
    """Have blocks of more than 128 KiB go back to the system when they are free, as mallopt(3) says.

    glibc otherwise takes larger and larger ones for small, and keeps them in a heap for each thread, between what stays:
    of 40 MB for the looks of the overview came 120 (measured, 2.36).
    """
    ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE)
