"""Picture updates: what a core publishes of its table."""
