"""Whether a machine does what the reference promises: its services asked, and real mail followed to where it must be."""
