"""Acting on queued messages: commands, rights, carrying out a plan."""
