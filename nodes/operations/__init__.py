"""For who runs it: how each process is, told in a file, over HTTP and by ``triwatch status``."""
