"""What the facts of a machine mean: pure, from `backends.health.facts` to checks."""
