"""A recording folded again."""
