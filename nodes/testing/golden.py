"""Pictures kept in files, to be compared with: what differs, in words, and how to accept it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np

from fusion.constants import OPERATION, Chosen

if TYPE_CHECKING:
    from nodes.testing.replayed import Moment

SHOWN: Final[Annotated[int, Chosen("1", "differences in a message; of more the number", OPERATION)]] = 12
_WORDS = ("environment", "identity", "status", "call_sign", "contributors")


class Differs(AssertionError):
    """The picture is not the one that is kept."""


@dataclass
class Golden:
    """Where relative files lie, and whether they are written instead of compared."""

    folder: Path
    accept: bool = False
    test: str = ""
    """How pytest calls the test."""
    accepted: list[Path] = field(default_factory=list)

    def check(self, moment: Moment, file: str | Path, within_m: float) -> None:
        """Raise Differs where the moment's picture is not that of the file; write it where accepted."""
        __tracebackhide__ = True
        path = self.folder / file
        now = as_json(moment)
        if self.accept:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(now, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            self.accepted.append(path)
            return
        how = f"accept it with: pytest --triwatch-accept {self.test}".rstrip()
        if not path.exists():
            raise Differs(f"{path} does not exist yet; {how}")
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            found = differences(kept, now, within_m)
        except (ValueError, KeyError, TypeError) as error:
            raise Differs(f"{path} is no picture that was kept ({error}); {how}") from None
        if found:
            shown = found[:SHOWN] + ([f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else [])
            raise Differs("\n  ".join([f"the picture is not that of {path}:", *shown, how]))


def as_json(moment: Moment) -> dict[str, Any]:
    """A picture as it is kept: exact states, in ECEF m and m/s."""
    tracks = [
        {
            "number": int(row["number"]),
            **{name: row[name] for name in _WORDS[:-1]},
            "contributors": sorted(row["contributors"]),
            "state": state.tolist(),
        }
        for (_, row), state in zip(moment.tracks.iterrows(), moment.state, strict=True)
    ]
    return {
        "time_ns": moment.time_ns,
        "input_digest": moment.input_digest,
        "picture_digest": moment.digest(),
        "tracks": tracks,
    }


def differences(kept: dict[str, Any], now: dict[str, Any], within_m: float) -> list[str]:
    """What is not the same, a line each; none where the picture is that which was kept."""
    if not within_m and kept["picture_digest"] == now["picture_digest"] and kept["time_ns"] == now["time_ns"]:
        return []
    found = []
    if kept["time_ns"] != now["time_ns"]:
        found.append(f"its time is {(now['time_ns'] - kept['time_ns']) * 1e-9:+.3f} s from the kept one's")
    if not within_m and kept["input_digest"] != now["input_digest"]:
        found.append("other reports were folded")
    before = {track["number"]: track for track in kept["tracks"]}
    after = {track["number"]: track for track in now["tracks"]}
    found += [f"track {number} is gone" for number in sorted(before.keys() - after.keys())]
    found += [f"track {number} is new" for number in sorted(after.keys() - before.keys())]
    for number in sorted(before.keys() & after.keys()):
        found += _track(before[number], after[number], within_m)
    if not found and not within_m:
        found.append("every track is the same; what lies behind them (covariances, modes, times) is not")
    return found


def _track(kept: dict[str, Any], now: dict[str, Any], within_m: float) -> list[str]:
    moved = np.subtract(now["state"], kept["state"])
    away_m, away_mps = float(np.linalg.norm(moved[:3])), float(np.linalg.norm(moved[3:]))
    found = []
    if away_m > within_m or (not within_m and away_mps > 0.0):
        found.append(f"track {now['number']} lies {away_m:.3g} m away, its velocity {away_mps:.3g} m/s")
    for name in _WORDS:
        if kept[name] != now[name]:
            found.append(f"track {now['number']}: {name} {now[name]}, kept {kept[name]}")
    return found
