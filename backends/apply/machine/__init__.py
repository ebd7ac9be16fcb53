"""The parts of a machine that an apply asks and changes: packages, services, the database, signatures."""
