"""Recordings: MCAP files that anyone can read, in and out."""

from nodes.recording.reader import Damage, Recorded, Recording
from nodes.recording.writer import Writer

__all__ = ["Damage", "Recorded", "Recording", "Writer"]
