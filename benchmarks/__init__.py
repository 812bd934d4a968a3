"""Benchmarks: each module measures one promise; run one with ``python -m benchmarks.NAME``."""
