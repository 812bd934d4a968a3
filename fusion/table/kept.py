"""One value that is never changed but replaced: a before-image is the value itself."""

from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar


class Digested(Protocol):
    """What the picture's digest covers."""

    def content(self) -> bytes:
        """All of it that the digest is of."""


T = TypeVar("T", bound=Digested)


class Kept(Generic[T]):
    """A value and the open journal of what it was."""

    def __init__(self, value: T) -> None:
        self.value = value
        self._before: T | None = None
        self._content_of: T | None = None
        self._content = b""

    def __getstate__(self) -> dict[str, Any]:
        """The value: what follows from it is made anew."""
        return {"value": self.value, "_before": self._before}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["value"])  # type: ignore[misc]
        self._before = state["_before"]

    @property
    def content(self) -> bytes:
        """Of the value, made once: it stays for many events."""
        if self._content_of is not self.value:
            self._content_of, self._content = self.value, self.value.content()
        return self._content

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
