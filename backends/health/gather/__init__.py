"""What is asked of a machine, in values of `backends.health.facts`; nothing here judges."""
