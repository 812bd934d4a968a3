"""Who is a member, which nodes there are, who may read what, whose keys count: one policy, signed by the
members, in numbered versions; the secret keys of this machine's processes; the count of their starts.
"""

from nodes.coalition.chain import Coalition, load
from nodes.coalition.changes import add, copy, fence, found, keys_left, remove, revoke, rotate, sign
from nodes.coalition.incarnations import next_incarnation
from nodes.coalition.policy import (
    CORE_PREFIX,
    Fence,
    Key,
    Member,
    Policy,
    checked,
    core_id,
    reader_id,
)
from nodes.coalition.trust import Credentials, Ledger, of_process, of_reader

__all__ = [
    "CORE_PREFIX",
    "Coalition",
    "Credentials",
    "Fence",
    "Key",
    "Ledger",
    "Member",
    "Policy",
    "add",
    "checked",
    "copy",
    "core_id",
    "fence",
    "found",
    "keys_left",
    "load",
    "next_incarnation",
    "of_process",
    "of_reader",
    "reader_id",
    "remove",
    "revoke",
    "rotate",
    "sign",
]
