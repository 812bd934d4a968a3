"""CAP 1.2 messages: valid by an independent validator, complete, in three languages, one feed per nation."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from capvalidator import check_schema, get_dates

from nodes.gateways.cap import NAMESPACE, alert, identifier, impact_area
from nodes.gateways.cap_export import export_cap
from nodes.gateways.cap_feed import ATOM, ENTRIES_MAX, CapFeed
from nodes.recording import Recording
from nodes.recording.writer import Writer
from triwatch.v1 import envelope_pb2, picture_pb2, warning_pb2

CAP = {"c": NAMESPACE}
NOW_NS = 1_719_446_400_000_000_000  # 2024-06-27T00:00:00Z


def warning(nation: str = "JPN", revision: int = 1, **changes: object) -> warning_pb2.MissileWarning:
    fields: dict[str, object] = {
        "warning_id": "M100000001",
        "nation": nation,
        "status": warning_pb2.WARNING_STATUS_ALERT if revision == 1 else warning_pb2.WARNING_STATUS_UPDATE,
        "revision": revision,
        "time_ns": NOW_NS + revision * 10**9,
        "released_to": ["USA", "JPN", "KOR"],
        "threatened": ["JPN"],
        "exercise": True,
        "node_id": ["KOR-1", "JPN-1"],
        "flight": picture_pb2.Flight(
            track=100000001,
            phase=picture_pb2.FLIGHT_PHASE_FREE_FLIGHT,
            launch=picture_pb2.GroundPoint(lat_deg=39.9, lon_deg=125.2, time_ns=NOW_NS - 300 * 10**9),
            impact=picture_pb2.GroundPoint(
                lat_deg=40.6,
                lon_deg=140.1,
                time_ns=NOW_NS + 900 * 10**9,
                time_sigma_s=2.5,
                ellipse_95_major_m=12_000.0,
                ellipse_95_minor_m=7_000.0,
                ellipse_orientation_deg=30.0,
            ),
            apogee_m=1_500e3,
            class_probability=[0.0, 0.9, 0.1, 0.0],
        ),
    }
    return warning_pb2.MissileWarning(**(fields | changes))  # type: ignore[arg-type]


PHASES = [
    {},
    {"threatened": []},
    {"threatened": ["JPN", "KOR", "TWN", "XYZ"]},
    {
        "status": warning_pb2.WARNING_STATUS_CANCEL,
        "reason": "failed early: 90 km <from> its launch & on nobody",
    },
    {"status": warning_pb2.WARNING_STATUS_ALL_CLEAR, "threatened": []},
    {"released_to": []},
    {"flight": picture_pb2.Flight(phase=picture_pb2.FLIGHT_PHASE_BOOST)},
]


@pytest.mark.parametrize("nation", ["USA", "JPN", "KOR", "PHL"])
@pytest.mark.parametrize("changes", PHASES)
@pytest.mark.parametrize("earlier", [(), (("triwatch-JPN-1-M1-1", "2024-06-27T00:00:00-00:00"),)])
def test_every_message_is_valid_cap(nation: str, changes: dict[str, object], earlier: tuple) -> None:
    body = alert(warning(nation, **changes), earlier)
    assert check_schema(body).passed, body.decode()
    assert get_dates(body).sent == "2024-06-27T00:00:01-00:00"
    root = ET.fromstring(body)
    assert root.findtext("c:status", namespaces=CAP) == "Exercise"
    assert root.findtext("c:info/c:language", namespaces=CAP) == {
        "KOR": "ko-KR",
        "JPN": "ja-JP",
    }.get(nation, "en-US")
    assert {e.text for e in root.findall("c:info/c:language", CAP)} == {"en-US", "ko-KR", "ja-JP"}


def test_the_validator_refuses_what_is_not_cap() -> None:
    broken = alert(warning()).replace(b"Exercise</", b"Practice</")
    assert not check_schema(broken).passed


def test_alert_update_and_cancel_refer_to_each_other() -> None:
    def kind(body: bytes) -> str | None:
        return ET.fromstring(body).findtext("c:msgType", namespaces=CAP)

    first = warning()
    assert kind(alert(first)) == "Alert"
    earlier = [(identifier(first), "2024-06-27T00:00:01-00:00")]
    assert kind(alert(warning(revision=2), earlier)) == "Update"
    cancel = alert(warning(revision=3, status=warning_pb2.WARNING_STATUS_CANCEL), earlier)
    assert kind(cancel) == "Cancel"
    assert ET.fromstring(cancel).findtext("c:references", namespaces=CAP) == (
        f"triwatch.JPN@exercise.invalid,{identifier(first)},2024-06-27T00:00:01-00:00"
    )


def test_those_under_the_ellipse_shelter_and_others_do_not() -> None:
    def responses(nation: str, **changes: object) -> set[str | None]:
        body = alert(warning(nation, **changes))
        return {e.text for e in ET.fromstring(body).findall("c:info/c:responseType", CAP)}

    assert responses("JPN") == {"Shelter"}
    assert responses("KOR") == {"Monitor"}
    assert responses("JPN", status=warning_pb2.WARNING_STATUS_ALL_CLEAR, threatened=[]) == {"AllClear"}


def test_the_polygon_is_closed_and_is_the_ellipse() -> None:
    from pymap3d.vincenty import vdist

    point = warning().flight.impact
    shape, outline = impact_area(point)
    corners = [tuple(map(float, pair.split(","))) for pair in outline.split()]
    assert shape == "polygon"
    assert corners[0] == corners[-1]
    far = [vdist(point.lat_deg, point.lon_deg, lat, lon)[0].item() for lat, lon in corners]
    assert max(far) == pytest.approx(12_000.0, rel=0.01)
    assert min(far) == pytest.approx(7_000.0, rel=0.01)
    bearing = vdist(point.lat_deg, point.lon_deg, *corners[0])[1].item()
    assert bearing == pytest.approx(30.0, abs=0.5)


@pytest.mark.parametrize(("lon_deg", "major_m"), [(179.95, 20e3), (140.0, 5_000e3)])
def test_an_area_no_polygon_can_say_becomes_a_circle(lon_deg: float, major_m: float) -> None:
    point = picture_pb2.GroundPoint(
        lat_deg=40.0, lon_deg=lon_deg, ellipse_95_major_m=major_m, ellipse_95_minor_m=10e3
    )
    shape, outline = impact_area(point)
    assert shape == "circle"
    assert outline == f"40.0000,{lon_deg:.4f} {major_m / 1e3:.3f}"


def test_a_feed_announces_news_and_keeps_an_index(tmp_path) -> None:
    feed = CapFeed(tmp_path, "JPN")
    assert feed.offer(warning()) is not None
    assert feed.offer(warning(revision=2)) is None, "nothing changed within a minute"
    assert feed.offer(warning(revision=3, threatened=["JPN", "KOR"])) is not None
    assert feed.offer(warning(revision=4, threatened=["JPN", "KOR"], time_ns=NOW_NS + 70 * 10**9)) is not None
    cancel = warning(revision=5, status=warning_pb2.WARNING_STATUS_CANCEL)
    assert feed.offer(cancel) is not None
    written = sorted(p.name for p in (tmp_path / "JPN").iterdir())
    assert written == sorted(["feed.xml", *(f"{identifier(warning(revision=k))}.xml" for k in (1, 3, 4, 5))])
    for file in (tmp_path / "JPN").glob("triwatch-*.xml"):
        assert check_schema(file.read_bytes()).passed
    index = ET.parse(tmp_path / "JPN" / "feed.xml").getroot()
    links = [e.get("href") for e in index.findall(f"{{{ATOM}}}entry/{{{ATOM}}}link")]
    assert links == [f"{identifier(warning(revision=k))}.xml" for k in (5, 4, 3, 1)]
    last = ET.fromstring((tmp_path / "JPN" / links[0]).read_bytes())
    assert len(last.findtext("c:references", namespaces=CAP).split()) == 3


def test_a_warning_that_was_never_given_is_not_cancelled(tmp_path) -> None:
    feed = CapFeed(tmp_path, "KOR")
    assert feed.offer(warning("KOR", status=warning_pb2.WARNING_STATUS_CANCEL)) is None
    assert list((tmp_path / "KOR").iterdir()) == []


def test_the_index_is_bounded(tmp_path) -> None:
    feed = CapFeed(tmp_path, "KOR")
    for k in range(ENTRIES_MAX + 5):
        feed.offer(warning("KOR", warning_id=f"M{k}"))
    index = ET.parse(tmp_path / "KOR" / "feed.xml").getroot()
    assert len(index.findall(f"{{{ATOM}}}entry")) == ENTRIES_MAX


def test_a_recording_is_exported_as_the_core_would_have_written_it(tmp_path) -> None:
    said = {"JPN": [warning("JPN", k) for k in (1, 2, 3)], "KOR": [warning("KOR", threatened=[])]}
    with Writer(tmp_path / "a.mcap") as out:
        for nation, warnings in said.items():
            for one in warnings:
                envelope = envelope_pb2.MissileWarningEnvelope(payload=one)
                out.warning(nation, envelope.SerializeToString(), one.time_ns, one.time_ns)
    assert export_cap(Recording(tmp_path / "a.mcap"), tmp_path / "cap") == 2
    for nation in said:
        feed = CapFeed(tmp_path / "live", nation)
        for one in said[nation]:
            feed.offer(one)
        files = sorted((tmp_path / "cap" / nation).iterdir())
        assert [f.name for f in files] == [f.name for f in sorted(feed.folder.iterdir())]
        assert [f.read_bytes() for f in files] == [f.read_bytes() for f in sorted(feed.folder.iterdir())]
