"""A node's or core's state, from what its link knows."""

from __future__ import annotations

import logging
from importlib.metadata import PackageNotFoundError, version

from nodes.control import clock
from nodes.link.endpoint import LinkEndpoint
from nodes.operations.reporter import Reporter
from nodes.operations.state import REFUSED_LATELY_S, CoreState, ProcessState

_log = logging.getLogger("triwatch.operations")


def _version() -> str:
    try:
        return version("triwatch")
    except PackageNotFoundError:
        return "unknown"


VERSION = _version()


def state_of(
    endpoint: LinkEndpoint,
    reporter: Reporter,
    now_s: float,
    *,
    incarnation: int,
    time_ns: int,
    published: dict[str, int],
    core: CoreState | None = None,
) -> ProcessState:
    """How the process at ``endpoint`` is now."""
    record, refused = endpoint.record, endpoint.rejections
    listens = [record.pub, record.request]
    if endpoint.trunk is not None and endpoint.trunk.listens:
        listens.append(endpoint.trunk.listens)
    return ProcessState(
        id=record.id,
        role=record.role,
        nation=record.nation,
        incarnation=incarnation,
        version=VERSION,
        policy=endpoint.trust.version,
        said_ns=clock.monotonic_ns(),
        time_ns=time_ns,
        listens=listens,
        sees=sees(endpoint),
        refused={str(reason): n for reason, n in refused.by_reason.items()},
        refused_lately=[str(r) for r, at_s in refused.last_s.items() if now_s - at_s <= REFUSED_LATELY_S],
        received_bytes=dict(endpoint.receiver.received_bytes),
        lines=endpoint.trunk.lines(now_s) if endpoint.trunk else {},
        published=dict(published),
        turns=reporter.turns,
        turn_sum_s=reporter.turn_sum_s,
        turn_max_s=reporter.turn_max_s,
        core=core,
    )


def sees(endpoint: LinkEndpoint) -> list[str]:
    """Whom a core is connected to; of a node, which hears nobody, who is there."""
    elsewhere = endpoint.trunk.peers if endpoint.trunk else {}
    return sorted({*endpoint.receiver.peers, *endpoint.others(), *elsewhere})


def introduce(endpoint: LinkEndpoint, incarnation: int, coalition_id: str) -> None:
    """Say in the log who this is, where it listens and whom it knows."""
    record, trunk = endpoint.record, endpoint.trunk
    _log.info(
        "%s of %s, start %d, triwatch %s; coalition %s, policy version %d",
        record.id,
        record.nation,
        incarnation,
        VERSION,
        coalition_id[:16],
        endpoint.trust.version,
        extra={"event": "started", "incarnation": incarnation, "policy": endpoint.trust.version},
    )
    bound = f"{record.pub} and {record.request} for this machine"
    if trunk is not None and trunk.listens:
        bound += f", {trunk.listens} for others (told as {trunk.advertised})"
    _log.info("listens on %s", bound, extra={"event": "listening"})
    if trunk is not None and trunk.dials:
        told = ", ".join(f"{name} at {at}" for name, at in trunk.dials.items())
        _log.info("dials %s", told, extra={"event": "dialling"})
    _log.info("sees %s", ", ".join(sees(endpoint)) or "nobody yet", extra={"event": "sees"})
