"""One message as postcat(1) shows it, bounded."""
