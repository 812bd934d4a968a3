"""What the tests and benchmarks of `fusion` share: invented reports, simple nodes, and a reader of pictures.

Written on numpy alone; nothing of `fusion` is imported by what serves as an oracle.
"""
