"""Which shared track a node's track belongs to."""
