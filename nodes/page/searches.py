"""How each search went: what the page draws beside the map as it is, thinned as it grows."""

from __future__ import annotations

from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen
from triwatch.v1 import page_pb2, picture_pb2

_POINTS_MAX: Final[
    Annotated[int, Chosen("1", "points of a history; of more every second older one is deleted", OPERATION)]
] = 240
_SEARCHES_MAX: Final[Annotated[int, Chosen("1", "searches whose history is kept", OPERATION)]] = 16

_Name = tuple[int, str, int]


class SearchHistory:
    """Of every search of one nation's picture, those that are over too."""

    def __init__(self) -> None:
        self.version = 0
        self._points: dict[_Name, list[picture_pb2.SearchMap]] = {}

    def copy(self) -> SearchHistory:
        """An independent one."""
        twin = SearchHistory()
        twin.version = self.version
        twin._points = {name: list(points) for name, points in self._points.items()}
        return twin

    def take(self, told: picture_pb2.SearchMaps | None) -> None:
        """What a picture told; what it told of later times before is of a past that was undone."""
        if told is None:
            return
        self.version += 1
        for one in told.map:
            points = self._points.setdefault((one.track, one.node_id, one.area), [])
            while points and points[-1].time_ns >= one.time_ns:
                points.pop()
            bare = picture_pb2.SearchMap()
            bare.CopyFrom(one)
            bare.ClearField("probability")
            points.append(bare)
            if len(points) > _POINTS_MAX:
                del points[1 : _POINTS_MAX // 2 : 2]
        while len(self._points) > _SEARCHES_MAX:
            del self._points[next(iter(self._points))]

    def messages(self) -> list[page_pb2.SearchHistory]:
        """One a search, in the order in which they began."""
        return [
            page_pb2.SearchHistory(
                track=track,
                node_id=node_id,
                area=area,
                time_ns=[one.time_ns for one in points],
                exists=[one.exists for one in points],
                region_m2=[one.region_m2 for one in points],
                looks=[one.looks for one in points],
            )
            for (track, node_id, area), points in self._points.items()
        ]
