"""Whatever the policy and the reports, a core and a replay of what it received count the same."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fusion.retention
import link_kit
from core_kit import QuietCore
from drawn_days import NATIONS, Change, Said, changes, days, sealed
from nodes import coalition
from nodes.coalition import Member, Policy
from nodes.errors import BadInput
from nodes.link import codec, topics
from nodes.recording import Recording
from nodes.recording.recorder import Recorder
from nodes.replay.refold import Refold


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(day=days(), change=st.lists(changes(), max_size=1), seed=st.integers(0, 2**32))
def test_a_core_and_a_replay_count_the_same(
    day: tuple[tuple[Member, ...], list[Said]], change: list[Change], seed: int
) -> None:
    nodes, said = day
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        # what is FINAL is let go of at once, so that much comes behind it
        patch.setattr(fusion.retention, "FORGET_EVERY_EVENTS", 1)
        root = Path(folder)
        coalition.found(root, Policy(nations=NATIONS, nodes=nodes))
        for make in change:
            make(root)
        wire = sealed(root, said)
        cores = {
            nation: QuietCore(nation, coalition.of_process(root, f"core-{nation}", nation))
            for nation in NATIONS
        }
        chance = random.Random(seed)
        for core in cores.values():
            for topic, body in chance.sample(wire, len(wire)) + chance.sample(wire, len(wire) // 4):
                core.deliver(topic, body)
        if any(message for kind, _, message in said if kind == topics.REPORT) and wire:
            _replayed_alike(root, wire, cores)


def _replayed_alike(root: Path, wire: list[tuple[str, bytes]], cores: dict[str, QuietCore]) -> None:
    """All that was said, recorded as the exercise records it and folded again, gives what the cores have."""
    recorder = Recorder(root / "x.mcap", coalition.load(root))
    for topic_text, body in wire:
        kind, _, node_id = topic_text.split("/")
        write = recorder.writer.report if kind == topics.REPORT else recorder.writer.status
        write(node_id, body, link_kit.START_NS, link_kit.START_NS)
    recorder.take(codec.decode(topics.parse(wire[0][0].encode()), wire[0][1], _Anybody()), link_kit.START_NS)
    recorder.close()
    try:
        refold = Refold(Recording(root / "x.mcap"))
    except BadInput:  # nothing but heartbeats
        assert not any(topic.startswith(topics.REPORT) for topic, _ in wire)
        return
    refold.run()
    for nation, core in cores.items():
        shared = refold.nations[nation].picture
        national = refold.nationals.get(nation, refold.nations[nation]).picture
        replayed = [(p.input_digest(), p.digest()) for p in (shared, national)]
        assert replayed == core.digests(), nation


class _Anybody:
    """Lets the first message through, whoever signed it: it is there for the policy to be recorded."""

    def verify(self, *_: object) -> None:
        return None

    def judge(self, *_: object) -> None:
        return None
