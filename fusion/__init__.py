"""The shared picture: pure functions of the reports held. No sockets, clocks, randomness or files."""

from fusion.picture import Picture
from fusion.report.report import Report, ReportError

__all__ = ["Picture", "Report", "ReportError"]
