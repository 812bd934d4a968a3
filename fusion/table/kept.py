"""One value that is never changed but replaced: a before-image is the value itself."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """A value and the open journal of what it was."""

    def __init__(self, value: T) -> None:
        self.value = value
        self._before: T | None = None

    def put(self, value: T) -> None:
        """Put another in its place."""
        if value is not self.value:
            self._before = self.value if self._before is None else self._before
            self.value = value

    def open_segment(self) -> None:
        """Begin to journal."""
        self._before = None

    def close_segment(self) -> T | None:
        """What it was when the journal began; None where it is that still."""
        before, self._before = self._before, None
        return before

    def undo(self, before: T | None) -> None:
        """Put it back."""
        if before is not None:
            self.value = before
