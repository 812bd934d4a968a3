"""Of each missile's warning the newest word, however the words come.

Source: proto/README.md, section 10: a reader shows what a core said last in a stream; a core that starts anew
counts anew. A revision says where a word belongs among the reports, not when it was said: late reports may
leave fewer of them.
"""

from __future__ import annotations

from triwatch.v1 import warning_pb2


def said_key(warning: warning_pb2.MissileWarning) -> tuple[int, int, int]:
    """Orders one core's words on one missile in one stream, also over its restarts."""
    return warning.incarnation, warning.sequence, warning.revision


def _is_newer(warning: warning_pb2.MissileWarning, held: warning_pb2.MissileWarning) -> bool:
    if warning.released_to == held.released_to:
        return said_key(warning) > said_key(held)
    # each stream is numbered by itself: what goes to others from now on goes on with the revisions
    return (warning.incarnation, warning.revision) > (held.incarnation, held.revision)


def warning_key(warning: warning_pb2.MissileWarning) -> str:
    """Which of one core's warnings it is: its nation's own picture warns of others than the shared one."""
    return f"{warning.warning_id}-{warning.nation}" if warning.restricted else warning.warning_id


class NewestWarnings(dict[str, warning_pb2.MissileWarning]):
    """One core's warnings by `warning_key`."""

    def take(self, warning: warning_pb2.MissileWarning) -> bool:
        """Take a word in; False where as new a one is held."""
        key = warning_key(warning)
        held = self.get(key)
        if held is not None and not _is_newer(warning, held):
            return False
        self[key] = warning
        return True
