"""A picture that is put away at any moment and taken up again folds on as if nothing had happened."""

from __future__ import annotations

import pickle
import random
from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest

from fusion import Picture
from fusion.warning.news import FINAL
from fusion_oracle.delivery import disordered, fresh_digest, seen
from fusion_oracle.reports import report
from fusion_oracle.traffic import Message, traffic
from heard_kit import TWO_PLATFORMS, Course, heard
from nodes.coalition.outlines import nations
from nodes.sensor_node.simulated import simulated_node
from nodes.simulation.truth import World
from triwatch.v1 import track_pb2
from warning_chain import scenario


def searched() -> list[Message]:
    """A contact that is lost, and where nothing is heard of it."""
    made: list[Message] = []
    for k in range(7):
        state = np.array([*TWO_PLATFORMS[0].at(10.0 * k), 2.0, 0.0, 0.0])
        made.append(
            report(
                "JPN-1",
                k + 1,
                10.0 * k,
                state,
                np.diag([9e4] * 3 + [1.0] * 3),
                environment=track_pb2.ENVIRONMENT_SUBSURFACE,
                q=0.001,
            )
        )
    for k in range(20):
        at_s = 15.0 + 30.0 * k
        one = report("KOR-1", k + 1, at_s, np.zeros((0, 6)), local=[], environment=[], status=[], q=[])
        one.look_time_ns.append(made[0].valid_time_ns[0] + round(at_s * 1e9))  # type: ignore[union-attr]
        one.look_position.extend(TWO_PLATFORMS[0].at(at_s).tolist())
        one.look_probability.append(0.5)
        one.look_range.append(2_500.0)
        one.look_steepness.append(4)
        made.append(one)
    return made


def exercise() -> list[Message]:
    """A missile that fails; heartbeats, so that time is FINAL."""
    one = scenario("early_failure", 3)
    world = World(one)
    nodes = [simulated_node(one, n.id, world=world) for n in one.nodes]
    return [
        said
        for t in np.arange(1.0, 110.0)
        for node in nodes
        for said in (*node.advance(one.time_ns(float(t))), *node.statuses())
        if isinstance(said, Message)
    ]


@cache
def told(name: str) -> list[Message]:
    if name == "lines":
        return list(
            heard(2, TWO_PLATFORMS, [Course(12e3, 14e3, 1.0, -1.7), Course(24e3, 10e3, -1.0, 1.0)], 8)
        )
    return {"search": searched, "exercise": exercise}[name]()


def put_away(picture: Picture) -> Picture:
    data = pickle.dumps(picture, pickle.HIGHEST_PROTOCOL)
    copied: Picture = pickle.loads(data)
    return copied


def take(picture: Picture, message: Message) -> None:
    if isinstance(message, track_pb2.TrackBatch):
        picture.fold(message)
    else:
        picture.punctuate(message)


def everything(picture: Picture) -> tuple[object, ...]:
    mapped = nations(("USA", "JPN", "KOR"))
    words = [w.SerializeToString(deterministic=True) for w in picture.warnings(lambda _: mapped)]
    whole = picture.whole()
    return (
        picture.digest(), picture.input_digest(), picture.final_time_ns, picture.counts, seen(picture), words,
        whole.encode(), whole.finality == FINAL, picture.kept,
    )  # fmt: skip


def same_all_the_way(messages: Sequence[Message], seed: int, copies: int) -> None:
    """One picture lives through, the other is put away and taken up ``copies`` times."""
    draw = random.Random(seed)
    at = set(draw.sample(range(len(messages)), copies))
    straight, copied = Picture(), Picture()
    for k, message in enumerate(messages):
        take(straight, message)
        take(copied, message)
        if k in at:
            copied = put_away(copied)
            assert copied.digest() == straight.digest()
    assert everything(copied) == everything(straight)


@pytest.mark.parametrize("seed", range(6))
def test_at_any_moment_of_eventful_traffic_out_of_order(seed: int) -> None:
    """Births, splits, merges, drops; what comes late has to be put before what was there when it was put
    away."""
    same_all_the_way(disordered(traffic(seed % 6).messages, seed), seed, 6)


@pytest.mark.parametrize("name", ["lines", "search", "exercise"])
def test_all_that_a_picture_holds(name: str) -> None:
    messages = told(name)
    same_all_the_way(messages, 1, 5)
    picture = Picture()
    for message in messages:
        take(picture, message)
    held = {
        "lines": bool(picture.heard.targets),
        "search": bool(picture.searches.maps),
        "exercise": bool(picture.missiles() and picture.final_time_ns),
    }
    assert held[name], "else this says little"


def test_the_copy_tells_all_of_it_anew_and_keeps_its_digests() -> None:
    picture = Picture()
    for message in traffic(1).messages:
        take(picture, message)
    picture.delta()
    copied = put_away(picture)
    assert fresh_digest(copied) == picture.digest()
    assert copied.changes().number.tolist() == picture.whole().number.tolist()
