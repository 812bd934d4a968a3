"""The unit that a name ends in, as in ``range_m``: for the metadata of tables that others read."""

from __future__ import annotations

_UNITS = {
    "ns": "ns",
    "s": "s",
    "ms": "ms",
    "m": "m",
    "km": "km",
    "m2": "m²",
    "mps": "m/s",
    "mps2": "m/s²",
    "m2ps3": "m²/s³",
    "deg": "deg",
    "rad": "rad",
    "mrad": "mrad",
    "hz": "Hz",
    "g": "g",
}


def unit_of(name: str) -> str:
    """As in "m" for "rmse_m.shared" and "sigma_range_m"; "1" where no part of the name tells one."""
    for part in reversed(name.split(".")):
        unit = _UNITS.get(part.rpartition("_")[2]) if "_" in part else None
        if part.endswith("_per_s"):
            return "1/s"
        if unit:
            return unit
    return "1"
