"""A recording of a later version: values that its enumerations add are taken as 0 by every reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from film import FILM, film
from nodes.gateways.export import export
from nodes.page.recorded import RecordedSource
from nodes.recording import Recording, Writer
from nodes.recording.channels import WARNINGS
from nodes.replay.refold import recorded_states
from nodes.scoring.recording import score_recording

pytestmark = pytest.mark.slow
LATER = 77


def make_later(message: Any) -> int:
    """Every enumeration anywhere in a message says what this version does not know; how many did."""
    changed = 0
    for field, value in message.ListFields():
        if field.enum_type is not None:
            if field.is_repeated:
                value[:] = [LATER] * len(value)
            else:
                setattr(message, field.name, LATER)
            changed += 1
        elif field.message_type is not None:
            changed += sum(make_later(one) for one in (value if field.is_repeated else [value]))
    return changed


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exercise with a launch and its warnings, every message of it one of a later version."""
    straight = tmp_path_factory.mktemp("later") / "straight.mcap"
    film(straight, FILM, 95)
    path = straight.with_name("later.mcap")
    recording, changed = Recording(straight), 0
    with Writer(path) as writer:
        writer.metadata(recording.metadata())
        for one in recording:
            message = one.channel.message.FromString(one.data)
            changed += make_later(message)
            if one.channel is WARNINGS:
                # no alert is made of a warning whose own status is not known
                message.payload.status = one.channel.message.FromString(one.data).payload.status
            data = message.SerializeToString()
            writer.write(one.channel, one.source, data, one.log_time_ns, one.publish_time_ns)
    assert changed > 1000
    return path


@pytest.mark.parametrize("form", ["csv", "czml", "geojson", "cap"])
def test_exports(later: Path, form: str, tmp_path: Path) -> None:
    export(Recording(later), form, tmp_path / "out")
    written = [tmp_path / "out"] if form != "cap" else list((tmp_path / "out").rglob("*.xml"))
    assert sum(file.stat().st_size for file in written) > 1000


def test_score_and_states(later: Path) -> None:
    result = score_recording(later)
    assert json.dumps(result, allow_nan=False)
    assert all(one["tracks"] > 0 for one in result["pictures"])
    assert recorded_states(Recording(later), "KOR")


def test_page(later: Path) -> None:
    source = RecordedSource(Recording(later), "film")
    source.read()
    assert source.describe().end_ns > source.describe().start_ns
