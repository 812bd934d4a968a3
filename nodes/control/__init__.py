"""Who tells a process the time."""
