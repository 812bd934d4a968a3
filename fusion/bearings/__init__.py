"""Lines of bearing of several nations brought together: contacts, their targets, and where those are."""
