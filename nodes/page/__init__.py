"""The picture page: its server, and the build of what it serves."""
