"""Fusions of others beside ours, on the same reports, with the same scores.

A contender is made by a factory, named ``package.module:factory``, and does what `Fusion` says.
"""

from nodes.contenders.protocol import FusedTracks, Fusion, NodeReport

__all__ = ["FusedTracks", "Fusion", "NodeReport"]
