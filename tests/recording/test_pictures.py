"""A recording's tracks as a DataFrame, a Dataset, Parquet, and as Foxglove's map."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from mcap.reader import make_reader
from mcap_protobuf.decoder import DecoderFactory

from exercise_kit import record
from nodes.cli import main
from nodes.errors import BadInput
from nodes.recording import Recording
from nodes.replay.replay import replay_recording
from nodes.simulation.loader import load


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pictures") / "x.mcap"
    record(path, load("crossing"), 30)
    return path


def export(recording: Path, form: str, out: Path) -> int:
    done = CliRunner().invoke(
        main, ["export", str(recording), "--to", form, "--out", str(out), "--json", "-"]
    )
    assert done.exit_code == 0, done.output
    return int(json.loads(done.stdout)["written"])


def test_a_frame_has_the_rows_of_the_csv(recording: Path, tmp_path: Path) -> None:
    import pandas

    frame = Recording(recording).tracks()
    rows = export(recording, "csv", tmp_path / "x.csv")
    csv = pandas.read_csv(tmp_path / "x.csv", keep_default_na=False)
    assert len(frame) == rows > 50
    assert csv["number"].tolist() == frame["number"].tolist()
    assert csv["lat_deg"].to_numpy() == pytest.approx(frame["lat_deg"].to_numpy(), abs=1e-6)
    assert csv["speed_mps"].to_numpy() == pytest.approx(frame["speed_mps"].to_numpy(), abs=0.01)
    assert csv["environment"].tolist() == frame["environment"].tolist()
    assert frame.attrs["units"]["alt_m"] == "m"
    assert frame.attrs["units"]["course_deg"] == "deg"
    with pytest.raises(BadInput, match="holds no picture of AUS; it holds those of JPN, KOR, USA"):
        Recording(recording).tracks("AUS")


def test_a_dataset_is_the_frame_by_time_and_number(recording: Path) -> None:
    frame, dataset = Recording(recording).tracks("KOR", 2.0), Recording(recording).track_dataset("KOR", 2.0)
    assert dataset["alt_m"].attrs["units"] == "m"
    assert dataset["alt_m"].dims == ("picture_time", "number")
    assert int(np.isfinite(dataset["alt_m"]).sum()) == len(frame)
    row = frame.iloc[-1]
    at = dataset.sel(number=row["number"], picture_time=row["picture_time"].tz_localize(None))
    assert float(at["alt_m"]) == row["alt_m"]


def test_parquet_keeps_the_units(recording: Path, tmp_path: Path) -> None:
    rows = export(recording, "parquet", tmp_path / "x.parquet")
    table = pq.read_table(tmp_path / "x.parquet")
    assert table.num_rows == rows
    assert table.schema.field("speed_mps").metadata == {b"unit": b"m/s"}
    assert table.schema.metadata[b"nation"] == b"JPN"
    assert table.column("x_m").to_pylist() == Recording(recording).tracks()["x_m"].tolist()


def test_foxglove_finds_a_map_and_everything_else_is_as_it_was(recording: Path, tmp_path: Path) -> None:
    """Read with MCAP's own reader and Foxglove's schema alone."""
    maps = export(recording, "foxglove", tmp_path / "x.mcap")
    with (tmp_path / "x.mcap").open("rb") as file:
        reader = make_reader(file, decoder_factories=[DecoderFactory()])
        found = [(s.name, json.loads(m.geojson)) for s, _, _, m in reader.iter_decoded_messages(["/map/JPN"])]
    assert len(found) == maps > 5
    assert {name for name, _ in found} == {"foxglove.GeoJSON"}
    kinds = {f["properties"]["kind"] for _, collection in found for f in collection["features"]}
    assert "track" in kinds
    before = [(m.channel, m.source, m.data) for m in Recording(recording).messages()]
    assert [(m.channel, m.source, m.data) for m in Recording(tmp_path / "x.mcap").messages()] == before
    pictures = [replay_recording(path, scored=False)["pictures"] for path in (recording, tmp_path / "x.mcap")]
    assert pictures[0] == pictures[1]
    done = CliRunner().invoke(main, ["export", str(recording), "--to", "foxglove", "--out", str(recording)])
    assert done.exit_code == 2
    assert "name another file" in done.stderr
