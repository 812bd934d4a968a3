"""A node is there while it speaks; what a neighbour kept of it is no sign of life, unless it is news."""

from __future__ import annotations

import link_kit
import trust_kit
from core_kit import QuietCore
from link_kit import ALL
from nodes.link import codec, topics
from nodes.link.liveness import Life

_TOPIC = topics.parse(topics.status(ALL, "KOR-1").encode())


def take(core: QuietCore, body: bytes, now_s: float, *, repaired: bool) -> Life:
    received = codec.decode(_TOPIC, body, core.trust)
    received.repaired = repaired
    assert core.ingest.take(received, now_s)
    return core.ingest.life.state("KOR-1", now_s)


def test_the_word_that_a_neighbour_kept_does_not_keep_a_node_alive() -> None:
    core = QuietCore("USA", trust_kit.signer("core-USA"))
    word = link_kit.status("KOR-1", 5)
    assert take(core, word, 0.0, repaired=False) is Life.ALIVE
    for now_s in (4.0, 8.0, 12.0):
        silent = take(core, word, now_s, repaired=True)
    assert silent is Life.GONE


def test_news_by_way_of_a_neighbour_and_the_same_word_from_itself_do() -> None:
    core = QuietCore("USA", trust_kit.signer("core-USA"))
    take(core, link_kit.status("KOR-1", 5), 0.0, repaired=False)
    assert take(core, link_kit.status("KOR-1", 6), 12.0, repaired=True) is Life.ALIVE
    assert take(core, link_kit.status("KOR-1", 6), 24.0, repaired=False) is Life.ALIVE


def test_a_goodbye_counts_whoever_brings_it() -> None:
    core = QuietCore("USA", trust_kit.signer("core-USA"))
    take(core, link_kit.status("KOR-1", 5), 0.0, repaired=False)
    assert take(core, link_kit.status("KOR-1", 5, leaving=True), 3.0, repaired=True) is Life.LEFT
