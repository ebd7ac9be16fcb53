"""The command line: one small module per command, none of which needs Textual."""
