"""What can be asked of a store: finding, sorting, grouping, counting."""
