"""Recordings: MCAP files that anyone can read, in and out."""

from nodes.recording.writer import Writer

__all__ = ["Writer"]
