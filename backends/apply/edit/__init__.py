"""Configuration files read and edited entry by entry, all else in them staying as it is. Pure; runs nothing."""
