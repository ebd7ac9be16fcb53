"""The mail log as one source of lines: files in the order of their rotation, plain and compressed, or the journal."""
