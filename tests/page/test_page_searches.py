"""What the page is sent of searches: the maps when they were told anew, and how each search went."""

from __future__ import annotations

from nodes.page.rows import Rows
from nodes.page.searches import SearchHistory
from triwatch.v1 import picture_pb2

S = 10**9


def told(time_s: int, *tracks: int, region_m2: float = 1e6) -> picture_pb2.SearchMaps:
    return picture_pb2.SearchMaps(
        map=[
            picture_pb2.SearchMap(
                track=track, time_ns=time_s * S, centre=[-3.4e6, 3.9e6, 3.7e6], cell_m=100.0, cells=1,
                probability=[0.9], outside=0.1, exists=1.0, looks=time_s, region_m2=region_m2,
            )
            for track in tracks
        ]
    )  # fmt: skip


def test_a_history_grows_thins_and_forgets_what_was_undone() -> None:
    history = SearchHistory()
    for minute in range(600):
        history.take(told(60 * minute, 7))
    twin = history.copy()
    (one,) = history.messages()
    assert 100 < len(one.time_ns) <= 240
    assert one.time_ns[0] == 0
    assert list(one.time_ns)[-50:] == [60 * minute * S for minute in range(550, 600)]
    assert [looks * S for looks in one.looks] == list(one.time_ns)
    history.take(told(60 * 590, 7, region_m2=5e6))
    assert list(history.messages()[0].time_ns)[-2:] == [60 * 589 * S, 60 * 590 * S]
    assert history.messages()[0].region_m2[-1] == 5e6
    assert list(twin.messages()[0].time_ns) == list(one.time_ns)
    history.take(None)
    assert history.version == twin.version + 1


def test_searches_that_are_over_are_kept_a_few() -> None:
    history = SearchHistory()
    for track in range(1, 40):
        history.take(told(60 * track, track))
    kept = [one.track for one in history.messages()]
    assert kept == list(range(24, 40))


def test_a_browser_is_sent_maps_when_they_were_told_anew() -> None:
    def update(sequence: int, search: picture_pb2.SearchMaps | None) -> picture_pb2.PictureUpdate:
        kind = picture_pb2.PICTURE_KIND_SNAPSHOT if sequence == 1 else picture_pb2.PICTURE_KIND_DELTA
        return picture_pb2.PictureUpdate(
            nation="KOR", incarnation=1, sequence=sequence, kind=kind, time_ns=sequence * S, search=search
        )

    rows = Rows()
    rows.take(update(1, told(1, 7)))
    rows.take(update(2, None))
    assert not rows.since(1).HasField("search")
    assert [one.track for one in rows.since(0).search.map] == [7]
    rows.take(update(3, told(2, 7, 8)))
    assert [one.track for one in rows.since(2).search.map] == [7, 8]
    rows.take(update(4, picture_pb2.SearchMaps()))
    assert rows.since(3).HasField("search")
    assert not rows.since(3).search.map
    assert not rows.since(0).HasField("search")
