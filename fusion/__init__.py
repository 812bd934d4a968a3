"""The shared picture: pure functions of the reports held. No sockets, clocks, randomness or files.

The names below are loaded when they are first used: what needs a constant alone does not load the fold.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fusion.picture import Picture
    from fusion.report.report import Report, ReportError

__all__ = ["Picture", "Report", "ReportError"]

_HOMES = {
    "Picture": "fusion.picture",
    "Report": "fusion.report.report",
    "ReportError": "fusion.report.report",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value
