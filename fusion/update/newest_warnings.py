"""Of each missile's warning the newest revision, however the revisions come.

Source: proto/README.md, section 10: a reader shows the highest revision; a core that starts anew counts anew.
"""

from __future__ import annotations

from triwatch.v1 import warning_pb2


def revision_key(warning: warning_pb2.MissileWarning) -> tuple[int, int, int]:
    """Orders the revisions of one core's warning of one missile, also over its restarts."""
    return warning.incarnation, warning.revision, warning.sequence


def warning_key(warning: warning_pb2.MissileWarning) -> str:
    """Which of one core's warnings it is: its nation's own picture warns of others than the shared one."""
    return f"{warning.warning_id}-{warning.nation}" if warning.restricted else warning.warning_id


class NewestWarnings(dict[str, warning_pb2.MissileWarning]):
    """One core's warnings by `warning_key`."""

    def take(self, warning: warning_pb2.MissileWarning) -> bool:
        """Take a revision in; False where as new a one is held."""
        key = warning_key(warning)
        held = self.get(key)
        if held is not None and revision_key(held) >= revision_key(warning):
            return False
        self[key] = warning
        return True
