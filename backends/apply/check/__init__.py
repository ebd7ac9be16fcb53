"""What is staged looked at by the programs that will read it, before it is in its place; one module a component."""
