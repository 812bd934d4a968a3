"""Where a contact under water that nobody hears may be, from where everybody listened and heard nothing."""
