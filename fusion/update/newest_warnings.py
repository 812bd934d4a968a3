"""Of each missile's warning the newest revision, however the revisions come.

Source: proto/README.md, section 10: a reader shows the highest revision; a core that starts anew counts anew.
"""

from __future__ import annotations

from triwatch.v1 import warning_pb2


def revision_key(warning: warning_pb2.MissileWarning) -> tuple[int, int]:
    """Orders the revisions of one core's warning of one missile, also over its restarts."""
    return warning.incarnation, warning.revision


class NewestWarnings(dict[str, warning_pb2.MissileWarning]):
    """One core's warnings by id."""

    def take(self, warning: warning_pb2.MissileWarning) -> bool:
        """Take a revision in; False where as new a one is held."""
        held = self.get(warning.warning_id)
        if held is not None and revision_key(held) >= revision_key(warning):
            return False
        self[warning.warning_id] = warning
        return True
