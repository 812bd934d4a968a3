"""A node's tracklets of one window made one part, about a state at the window's middle.

With F = [[I, t], [0, I]] from the middle to a tracklet's time, and f x° = F x° + g (t²/2, t) where it falls
by g, A += Fᵀ Y F and a += Fᵀ (y + Y (x - f x°)): over so short a time straight motion is enough, or a fall
that is the same all along, and what turns is noticed by its parts not fitting each other.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fusion.arrays import Float
from fusion.constants import JUDGED, Chosen, constants
from fusion.kernel import kernel
from fusion.linalg import multiply_packed
from fusion.table.records import Part


@constants
class Windows(NamedTuple):
    """The windows of registration."""

    length_s: Annotated[
        int,
        Chosen(
            "s", "of a window: 10 s cost 5 % of the accuracy of one of 300 s, and a turn shows less", JUDGED
        ),
    ] = 10


WINDOWS = Windows()
_NS = 1_000_000_000
_LENGTH_NS = WINDOWS.length_s * _NS


@kernel
def window_of(time_ns: int) -> int:
    """Number of the window that a time lies in."""
    return time_ns // _LENGTH_NS


@kernel
def end_ns(window: int) -> int:
    """When a window is over, UTC ns."""
    return (window + 1) * _LENGTH_NS


@kernel
def note(part: Part, sensor: int, time_ns: int, place: Float) -> None:
    """Keep of which sensor a row without a tracklet is, and where that was; what the window has stays."""
    if part.window != window_of(time_ns):
        part.window, part.window_sensor = 0, sensor
        for i in range(3):
            part.window_place[i] = place[i]


@kernel
def gather(
    part: Part,
    sensor: int,
    time_ns: int,
    place: Float,
    state: Float,
    fall: Float,
    information: Float,
    vector: Float,
    scratch: Float,
) -> None:
    """Add a tracklet (Y (21,), y (6,)) about ``state`` (6,) of a sensor at ``place`` (3,) to a window's part.

    ``fall`` (3,) is the acceleration of what falls freely, 0 of what does not. A part is of one sensor: that
    of the window's first tracklet. ``scratch`` is (2, 6).
    """
    window = window_of(time_ns)
    dt_s = (time_ns - window * _LENGTH_NS - _LENGTH_NS // 2) * 1e-9
    if part.window != window:
        part.window, part.window_sensor = window, sensor
        for i in range(3):
            part.window_place[i] = place[i]
            part.window_state[i] = state[i] - dt_s * state[i + 3] + 0.5 * dt_s * dt_s * fall[i]
            part.window_state[i + 3] = state[i + 3] - dt_s * fall[i]
        for i in range(6):
            part.window_vector[i] = 0.0
        for i in range(21):
            part.window_information[i] = 0.0
    if part.window_sensor != sensor:
        return
    apart, y, a = scratch[0], scratch[1], part.window_information
    for i in range(3):
        apart[i] = (
            state[i] - part.window_state[i] - dt_s * part.window_state[i + 3] - 0.5 * dt_s * dt_s * fall[i]
        )
        apart[i + 3] = state[i + 3] - part.window_state[i + 3] - dt_s * fall[i]
    multiply_packed(information, apart, y)
    for i in range(3):
        y[i] += vector[i]
        y[i + 3] += vector[i + 3]
        part.window_vector[i] += y[i]
        part.window_vector[i + 3] += y[i + 3] + dt_s * y[i]
    # packed: position i, j at i (i + 1) / 2 + j; velocity i with position j at v + j, with velocity j 3 on
    for i in range(3):
        v = (i + 3) * (i + 4) // 2
        for j in range(i + 1):
            w = (j + 3) * (j + 4) // 2
            pp = information[i * (i + 1) // 2 + j]
            a[i * (i + 1) // 2 + j] += pp
            cross = information[v + j] + information[w + i]
            a[v + j + 3] += information[v + j + 3] + dt_s * (cross + dt_s * pp)
        for j in range(3):
            pp = information[i * (i + 1) // 2 + j] if j <= i else information[j * (j + 1) // 2 + i]
            a[v + j] += information[v + j] + dt_s * pp
