"""Who is a member, which nodes there are, who may read what; and how often each process has started.

``policy.json`` is written by ``triwatch coalition`` and read by every process; ``incarnations/`` counts
the starts of each process.
"""

from nodes.coalition.chain import Coalition, load, save
from nodes.coalition.incarnations import next_incarnation
from nodes.coalition.policy import (
    CORE_PREFIX,
    Member,
    Policy,
    check_node,
    checked,
    core_id,
    from_scenario,
)

__all__ = [
    "CORE_PREFIX",
    "Coalition",
    "Member",
    "Policy",
    "check_node",
    "checked",
    "core_id",
    "from_scenario",
    "load",
    "next_incarnation",
    "save",
]
