"""The lab: a whole exercise in one process, without sockets, as fast as it goes.

from nodes.lab import run
run("salvo", seed=3, set={"nodes.KOR-1.leaves_s": 200}).result["score"]["anees"]
"""

from nodes.lab.run import Run, run

__all__ = ["Run", "run"]
