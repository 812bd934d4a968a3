"""A national sensor node: scans in, reports out."""
