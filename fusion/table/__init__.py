"""The track table and what keeps it: names, lineage, history, digest."""
