"""What arrays are called in annotations, and structured arrays whose rows a type checker knows.

A record is declared once, as a class whose annotations are its fields in order:

    class Point(Record):
        number: int                       # "i8"
        place: Annotated[Float, 3]        # "f8", (3,)

``dtype_of(Point)`` is its dtype; an array of that dtype is annotated ``Records[Point]``, and in compiled code
one row of it ``Point``. Every field is eight bytes, so that a row can be read as words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
Bools = NDArray[np.bool_]
Bytes = NDArray[np.uint8]


class Record:
    """Base of the classes that declare a structured array's fields. Never instantiated."""


RowT = TypeVar("RowT", bound=Record)

if TYPE_CHECKING:
    from typing import overload

    class Records(np.ndarray[Any, np.dtype[np.void]], Generic[RowT]):
        """A structured array whose rows are ``RowT``."""

        @overload  # type: ignore[override]
        def __getitem__(self, key: str) -> NDArray[Any]: ...
        @overload
        def __getitem__(self, key: int | np.integer[Any]) -> RowT: ...
        @overload
        def __getitem__(self, key: slice | NDArray[Any]) -> Records[RowT]: ...
        def __getitem__(self, key: Any) -> Any: ...
        def copy(self, order: Any = ...) -> Records[RowT]: ...
else:

    class Records(Generic[RowT]):
        """A structured array whose rows are ``RowT``; for annotations alone."""


_KINDS = {int: "i8", float: "f8", Float: "f8", Ints: "i8", Words: "u8"}


def dtype_of(record: type[Record]) -> np.dtype[np.void]:
    """The dtype with the fields that a record class declares, in their order."""
    fields: list[tuple[str, str, tuple[int, ...]]] = []
    for name, hint in get_type_hints(record, include_extras=True).items():
        annotated = get_origin(hint) is Annotated
        kind, *shape = get_args(hint) if annotated else (hint,)
        fields.append((name, _KINDS[kind], tuple(shape)))
    return np.dtype((np.record, fields))


def word(dtype: np.dtype[np.void], field: str) -> tuple[int, int]:
    """(first word, words) of a field in a row read as eight-byte words."""
    layout = dtype.fields
    assert layout is not None
    kind, offset = layout[field][:2]
    return int(offset) // 8, int(kind.itemsize) // 8
