"""Time for processes started by hand: the scenario runs along the wall clock from a common start.

The first process of a coalition writes ``DIR/epoch.json``; all others read it.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from fusion.constants import OPERATION, Chosen
from nodes.control import clock
from nodes.control.piped_clock import TimeSource
from nodes.errors import BadInput

HEADSTART_S: Final[
    Annotated[float, Chosen("s", "wall time between the first process's start and the scenario's", OPERATION)]
] = 3.0


class Epoch(Struct, frozen=True, kw_only=True):
    """When scenario time begins, and how fast it runs."""

    start_ns: int
    """Scenario time, UTC ns, at the origin."""
    origin_ns: int
    """Wall clock, UTC ns."""
    speed: Annotated[float, Meta(gt=0.0, le=1e6)]


def join_epoch(root: Path, start_ns: int, speed: float = 1.0, begins_ns: int | None = None) -> Epoch:
    """The coalition's epoch; begun now, for a scenario that starts at ``start_ns``, where there is none.

    ``begins_ns`` is when it begins or began, UTC ns of the wall clock: on several machines, which share no
    directory, the same on each. Raises BadInput where another scenario's clock runs there already, or one
    that began at another time.
    """
    file = root / "epoch.json"
    origin_ns = begins_ns if begins_ns is not None else clock.utc_ns() + round(HEADSTART_S * 1e9)
    # process ids are not unique: each pid namespace has its own
    draft = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        draft.write_bytes(msgspec.json.encode(Epoch(start_ns=start_ns, origin_ns=origin_ns, speed=speed)))
        try:
            os.link(draft, file)  # the first one wins
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        epoch = msgspec.json.decode(file.read_bytes(), type=Epoch)
    except (OSError, msgspec.MsgspecError) as error:
        raise BadInput(f"{file}: cannot be used: {error}; remove it to start the clock anew") from None
    if epoch.start_ns != start_ns:
        raise BadInput(f"{file}: the clock of another scenario; remove it to start this one's")
    if begins_ns is not None and epoch.origin_ns != begins_ns:
        raise BadInput(f"{file}: a clock that began at another time; remove it to begin as told")
    return epoch


def check_clock(root: Path, end_ns: int) -> None:
    """Raise BadInput where the coalition's clock stands past ``end_ns``, its scenario's end."""
    now_ns = scenario_now_ns(root)
    if now_ns is not None and now_ns >= end_ns:
        raise BadInput(
            f"{root / 'epoch.json'}: this clock passed the scenario's end {(now_ns - end_ns) * 1e-9:.0f} s "
            "ago (scenario time): there is nothing left to report; remove it to start the clock anew"
        )


def scenario_now_ns(root: Path) -> int | None:
    """Scenario time now in the coalition directory ``root``; None where no clock runs there."""
    try:
        epoch = msgspec.json.decode((root / "epoch.json").read_bytes(), type=Epoch)
    except (OSError, msgspec.MsgspecError):
        return None
    return clock.Pace(epoch.start_ns, epoch.origin_ns, epoch.speed).scenario_ns(clock.utc_ns())


class WallClock(TimeSource):
    """Scenario time along the wall clock."""

    def __init__(self, epoch: Epoch) -> None:
        super().__init__()
        self.speed = epoch.speed
        self._pace = clock.Pace(epoch.start_ns, epoch.origin_ns, epoch.speed)

    def limit_ns(self) -> int:
        return self._pace.scenario_ns(clock.utc_ns())
