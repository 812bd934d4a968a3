"""Compile every kernel once, so that no process waits for it later: ``python -m nodes.cli.warm``."""

from __future__ import annotations

from fusion.score.warm import warm_score
from fusion.warm import warm_fold
from fusion.warning.warm import warm_warning
from nodes.sensor_node.warm import warm_nodes

if __name__ == "__main__":
    warm_fold()
    warm_warning()
    warm_score()
    warm_nodes()
