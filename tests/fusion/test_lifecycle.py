"""The life of shared tracks: birth, confirmation, coasting, drop, merge, wrong pairings, splits, names."""

import zlib
from collections.abc import Callable

import numpy as np
import pytest

from fusion import Picture
from fusion_oracle import reports as r
from fusion_oracle.follower import Follower

CORRELATED, DECORRELATED, SPLIT, MERGED = 1, 2, 3, 4
CRUISE = np.array([*r.PLACE_M, 200.0, 0.0, 50.0])
FALLING = np.array([*r.PLACE_M * 1.2, 900.0, -700.0, 1500.0])
EAST = np.array([0.0, 0.0, 1.0])


class Stage:
    """A picture, nodes that number their reports, and a reader of all that is told."""

    def __init__(self, **options: object) -> None:
        self.picture = Picture(**options)
        self.follower = Follower()
        self.sequence: dict[tuple[str, int], int] = {}

    def say(self, node: str, t_s: float, *rows: np.ndarray, incarnation: int = 1, **columns: object) -> None:
        """One report of a node."""
        key = (node, incarnation)
        self.sequence[key] = self.sequence.get(key, 0) + 1
        self.picture.fold(
            r.report(
                node, self.sequence[key], t_s, np.array(rows).reshape(-1, 6),
                incarnation=incarnation, **columns,
            )
        )  # fmt: skip
        self.follower.take(self.picture.delta())

    def clock(self, t_s: float) -> None:
        """Let time pass: an unrelated node far away reports."""
        self.say("clock", t_s, np.array([-6.4e6, 0.0, 0.0, 0.0, 0.0, 0.0]), environment=r.SURFACE)

    def rows(self) -> list[int]:
        """Indices of the tracks but the clock's own."""
        tracks = self.picture.tracks()
        return [
            k for k, who in enumerate(tracks.contributors) if who != ["clock"] and tracks.state[k, 1] != 0.0
        ]

    def numbers(self) -> list[int]:
        tracks = self.picture.tracks()
        return [int(tracks.number[k]) for k in self.rows()]

    def column(self, name: str) -> list:
        values = getattr(self.picture.tracks(), name)
        return [values[k] for k in self.rows()]

    def seen_by(self, node: str) -> np.ndarray:
        """The state of the one track that a node contributes to."""
        pairs = zip(self.column("state"), self.column("contributors"), strict=True)
        (state,) = [x for x, who in pairs if node in who]
        return state

    def events(self, kind: int) -> list[tuple]:
        return [record for record in self.follower.lineage if record[0] == kind]


def line(start: np.ndarray, aside_m: float = 0.0) -> Callable[[float], np.ndarray]:
    """States along a straight line at a time."""

    def at(t_s: float) -> np.ndarray:
        x = start.copy()
        x[:3] += start[3:] * t_s + aside_m * EAST
        return x

    return at


# ------------------------------------------------------------------ birth and confirmation


def test_a_track_begins_as_initiating_and_is_confirmed_by_the_next_report() -> None:
    stage, at = Stage(), line(CRUISE)
    stage.say("A", 0.0, at(0.0))
    assert stage.column("status") == [r.INITIATING]
    assert stage.column("birth_time_ns") == [r.EPOCH_NS]
    np.testing.assert_allclose(stage.column("state")[0], at(0.0))
    stage.say("A", 1.0, at(1.0))
    assert stage.column("status") == [r.MAINTAINING]
    assert len(stage.numbers()) == 1


def test_numbers_come_from_the_nodes_block() -> None:
    stage = Stage(blocks={"A": 12})
    stage.say("A", 0.0, line(CRUISE)(0.0), local=[345])
    stage.say("B", 0.0, line(CRUISE, 5e4)(0.0), local=[7])
    own = 1000 + zlib.crc32(b"B") % 9000
    assert stage.numbers() == sorted([12 * 100_000 + 345, own * 100_000 + 7])


def test_two_tracks_never_carry_one_number() -> None:
    """Blocks that policy gave twice, local numbers that agree in the digits that are kept."""
    stage = Stage(blocks={"A": 12, "B": 12})
    stage.say("A", 0.0, line(CRUISE)(0.0), line(CRUISE, 5e4)(0.0), local=[7, 100_007])
    stage.say("B", 0.0, line(CRUISE, 1e5)(0.0), local=[7])
    assert stage.numbers() == [1_200_007, 1_200_008, 1_200_009]


def test_a_coasting_report_founds_no_track() -> None:
    stage = Stage()
    stage.say("A", 0.0, line(CRUISE)(0.0), status=r.DROPPING)
    stage.say("A", 1.0, line(CRUISE)(1.0), status=r.TERMINATED)
    assert stage.numbers() == []


def test_a_second_node_joins() -> None:
    stage = Stage()
    stage.say("A", 0.0, line(CRUISE)(0.0))
    stage.say("B", 0.0, line(CRUISE, 20.0)(0.0), local=[9])
    assert stage.column("contributors") == [["A", "B"]]
    assert [record[2:] for record in stage.events(CORRELATED)] == [(stage.numbers()[0], 0, "B", 9)]


def test_two_tracks_of_one_node_are_two_however_near() -> None:
    stage, one, other = Stage(), line(CRUISE), line(CRUISE, 40.0)
    for t in range(6):
        stage.say("A", t, one(t), other(t))
        stage.say("B", t, one(t) + 1.0, other(t) + 1.0)
    assert stage.column("contributors") == [["A", "B"], ["A", "B"]]


def test_a_node_that_starts_anew_finds_its_tracks_under_their_numbers() -> None:
    stage, at = Stage(), line(CRUISE)
    for t in range(4):
        stage.say("A", t, at(t))
    number = stage.numbers()
    for t in range(5, 60):
        stage.say("A", t, at(t), incarnation=2, local=[3])
    assert stage.numbers() == number
    assert stage.column("contributors") == [["A"]]  # the old start is forgotten after a while


# ------------------------------------------------------------------ coasting and drop


@pytest.mark.parametrize(
    ("environment", "start", "coast_s"),
    [(r.AIR, CRUISE, 10), (r.SURFACE, CRUISE, 30), (r.SUBSURFACE, CRUISE, 60), (r.SPACE, FALLING, 120)],
)
def test_a_track_that_was_given_up_coasts_and_drops(
    environment: int, start: np.ndarray, coast_s: float
) -> None:
    """DROPPING at the next second, gone after as long as its environment excuses."""
    stage, at = Stage(), line(start)
    for t in range(3):
        stage.say("A", t, at(t), environment=environment)
    stage.say("A", 3.0, at(3.0), environment=environment, status=r.TERMINATED)
    stage.clock(4.0)
    assert stage.column("status") == [r.DROPPING]
    assert stage.column("contributors") == [[]]
    stage.clock(2.0 + coast_s)
    assert len(stage.numbers()) == 1
    stage.clock(3.0 + coast_s)
    assert stage.numbers() == []


def test_a_silent_node_is_waited_for_by_its_own_period() -> None:
    """A contributor leaves after 30 s of silence, or four of its periods where that is longer."""
    for period, silence in ((1.0, 30.0), (20.0, 80.0)):
        stage, at = Stage(), line(CRUISE)
        stage.say("A", 0.0, at(0.0))
        stage.say("A", period, at(period))
        t = period
        while t < period + silence - 1.0:
            t += 1.0
            stage.clock(t)
        assert stage.column("contributors") == [["A"]]
        stage.clock(period + silence + 1.0)
        assert stage.numbers() == [] or stage.column("contributors") == [[]]


def test_a_track_not_heard_of_for_a_while_is_shown_as_coasting() -> None:
    stage, at = Stage(), line(CRUISE)
    for t in range(3):
        stage.say("A", t, at(t))
    stage.clock(12.0)
    assert stage.column("status") == [r.MAINTAINING]
    stage.clock(13.0)
    assert stage.column("status") == [r.DROPPING]
    stage.say("A", 14.0, at(14.0))
    assert stage.column("status") == [r.MAINTAINING]


def test_the_word_of_who_sees_outweighs_that_of_who_coasts() -> None:
    stage, at = Stage(), line(CRUISE)
    for t in range(3):
        stage.say("A", t, at(t))
        stage.say("B", t, at(t) + 2.0)
    for t in range(3, 9):
        stage.say("A", t, at(t), status=r.DROPPING)
        assert stage.column("status") == [r.MAINTAINING]
        stage.say("B", t, at(t) + 2.0)
    stage.say("B", 9.0, at(9.0), status=r.DROPPING)
    stage.say("A", 9.0, at(9.0), status=r.DROPPING)
    assert stage.column("status") == [r.DROPPING]


def test_a_missile_that_nobody_sees_drops_when_it_is_in_the_ground() -> None:
    start = np.array([*r.PLACE_M * (6.40e6 / np.linalg.norm(r.PLACE_M)), 0.0, 0.0, 0.0])
    start[3:] = -2000.0 * start[:3] / np.linalg.norm(start[:3])
    stage, at = Stage(), line(start)
    for t in range(3):
        stage.say("A", t, at(t), environment=r.SPACE)
    stage.say("A", 3.0, at(3.0), environment=r.SPACE, status=r.TERMINATED)
    stage.clock(30.0)
    assert stage.numbers() == []


def test_what_is_dropped_is_told() -> None:
    stage, at = Stage(), line(CRUISE)
    stage.say("A", 0.0, at(0.0))
    (number,) = stage.numbers()
    stage.say("A", 1.0, at(1.0), status=r.TERMINATED)
    assert number in stage.follower.rows
    stage.clock(40.0)
    assert number not in stage.follower.rows


# ------------------------------------------------------------------ twins and wrong pairings


def test_twins_merge_and_the_elder_keeps_its_number() -> None:
    """Two nodes began far apart (one was wrong) and came together."""
    stage, at = Stage(), line(CRUISE)
    for t in range(20):
        stage.say("A", t, at(t))
        stage.say("B", t, line(CRUISE, max(0.0, 900.0 - 150.0 * t))(t))
        if t == 0:
            elder, younger = sorted(stage.numbers())
            if stage.picture.tracks().contributors[0] != ["A"]:
                elder, younger = younger, elder
    assert len(stage.numbers()) == 1
    assert stage.column("contributors") == [["A", "B"]] or stage.column("contributors") == [["B", "A"]]
    ((_, _, kept, gone, _, _),) = stage.events(MERGED)
    assert {kept, gone} == {elder, younger}
    assert kept == min(elder, younger)  # born at one moment: the lower number is the elder
    assert stage.numbers() == [kept]
    assert gone not in stage.follower.rows


def test_tracks_that_share_a_node_do_not_merge() -> None:
    stage, one, other = Stage(), line(CRUISE), line(CRUISE, 30.0)
    for t in range(15):
        stage.say("A", t, one(t), other(t))
    assert len(stage.numbers()) == 2
    assert stage.events(MERGED) == []


def test_a_wrong_pairing_is_dissolved() -> None:
    """B's track was A's at first; then it goes its own way."""
    stage, at = Stage(), line(CRUISE)
    away = CRUISE.copy()
    away[3:] = [150.0, 160.0, -90.0]
    for t in range(25):
        stage.say("A", t, at(t))
        stage.say("B", t, line(away)(t) if t else at(0.0) + 5.0)
    assert len(stage.numbers()) == 2
    assert sorted(map(tuple, stage.column("contributors"))) == [("A",), ("B",)]
    assert len(stage.events(DECORRELATED)) >= 1
    states = stage.column("state")
    apart = [np.linalg.norm(x[:3] - at(24.0)[:3]) for x in states]
    assert min(apart) < 30.0


def test_a_leap_of_one_contributor_does_not_draw_the_track_away() -> None:
    stage, at = Stage(), line(CRUISE)
    for t in range(10):
        stage.say("A", t, at(t))
        stage.say("B", t, at(t) + 1.0)
    stage.say("B", 10.0, line(CRUISE, 50e3)(10.0))
    stage.say("A", 11.0, at(11.0))
    assert np.linalg.norm(stage.seen_by("A")[:3] - at(11.0)[:3]) < 60.0


def test_nor_does_one_that_only_coasts() -> None:
    """A coasting report far from its track is not fused, whether the pairing is in doubt or not."""
    stage, at = Stage(), line(CRUISE)
    for t in range(10):
        stage.say("A", t, at(t))
        stage.say("B", t, at(t) + 1.0)
    for t in range(10, 16):
        stage.say("A", t, at(t))
        stage.say("B", t, line(CRUISE, 3000.0 * (t - 9))(t), status=r.DROPPING)
        assert np.linalg.norm(stage.seen_by("A")[:3] - at(t)[:3]) < 60.0


def test_one_that_coasts_does_not_hold_back_the_one_that_sees() -> None:
    """B coasts along the old course, not sure of it; where A goes B says nothing against."""
    stage, at, aside = Stage(), line(CRUISE), line(CRUISE, 3000.0)
    for t in range(10):
        stage.say("A", t, at(t))
        stage.say("B", t, at(t) + 1.0)
    for t in range(10, 16):
        stage.say("B", t, at(t), status=r.DROPPING, covariance=r.diagonal(2000.0, 100.0))
        stage.say("A", t + 0.5, aside(t + 0.5))
        assert np.linalg.norm(stage.seen_by("A")[:3] - aside(t + 0.5)[:3]) < 60.0
    assert len(stage.numbers()) == 1


def test_a_track_of_one_node_follows_it_wherever_it_goes() -> None:
    stage = Stage()
    stage.say("A", 0.0, line(CRUISE)(0.0))
    stage.say("A", 1.0, line(CRUISE, 80e3)(1.0))
    assert len(stage.numbers()) == 1
    np.testing.assert_allclose(stage.column("state")[0], line(CRUISE, 80e3)(1.0))


def test_more_contributors_than_a_track_has_room_for() -> None:
    stage, at = Stage(), line(CRUISE)
    for t in range(12):
        for k in range(30):
            stage.say(f"N{k:02d}", t, at(t) + 0.1 * k)
    assert sum(len(who) for who in stage.column("contributors")) <= 30
    assert max(len(who) for who in stage.column("contributors")) == 24
    assert len(stage.numbers()) == 2


# ------------------------------------------------------------------ splits


def test_a_split_is_told_where_the_node_says_so() -> None:
    stage, at = Stage(), line(CRUISE)
    stage.say("A", 0.0, at(0.0))
    (parent,) = stage.numbers()
    stage.say("A", 1.0, at(1.0), line(CRUISE, 3e3)(1.0), parent_local_number=[0, 1])
    child = max(set(stage.numbers()) - {parent})
    assert [record[2:4] for record in stage.events(SPLIT)] == [(child, parent)]
    assert dict(zip(stage.numbers(), stage.column("parent"), strict=True)) == {parent: 0, child: parent}


def test_a_split_in_space_is_inferred_from_place_and_speed() -> None:
    stage, at = Stage(), line(FALLING)
    for t in range(5):
        stage.say("A", t, at(t), environment=r.SPACE)
    (parent,) = stage.numbers()
    released = FALLING.copy()
    released[3:] += 10.0
    stage.say("A", 5.0, at(5.0), line(released, 400.0)(5.0), environment=r.SPACE)
    child = max(set(stage.numbers()) - {parent})
    assert [record[2:4] for record in stage.events(SPLIT)] == [(child, parent)]


@pytest.mark.parametrize(("after_s", "told"), [(20.0, False), (20.0, True), (90.0, False), (90.0, True)])
def test_what_parts_from_a_young_child_came_off_its_parent(after_s: float, told: bool) -> None:
    """Bodies let go together part one after another: a minute long all are children of the first."""
    stage, at = Stage(), line(FALLING)
    stage.say("A", 0.0, at(0.0), environment=r.SPACE)
    (missile,) = stage.numbers()
    beside = line(np.add(FALLING, [0.0, 0.0, 0.0, 10.0, 0.0, 0.0]), 2e3)
    stage.say("A", 1.0, at(1.0), beside(1.0), environment=r.SPACE)
    (child,) = set(stage.numbers()) - {missile}
    beyond = line(np.add(FALLING, [0.0, 0.0, 0.0, 20.0, 0.0, 0.0]), 4e3)
    times = np.arange(2.0, after_s)
    for t in times:
        stage.say("A", t, at(t), beside(t), environment=r.SPACE)
    parents = {"parent_local_number": [0, 0, 2]} if told else {}
    stage.say("A", after_s, at(after_s), beside(after_s), beyond(after_s), environment=r.SPACE, **parents)
    (third,) = set(stage.numbers()) - {missile, child}
    parent = dict(zip(stage.numbers(), stage.column("parent"), strict=True))
    assert parent[child] == missile
    assert parent[third] == (missile if after_s < 60.0 else child)


@pytest.mark.parametrize("what", ["another speed", "another place", "an aircraft"])
def test_what_merely_appears_is_no_split(what: str) -> None:
    stage, at = Stage(), line(FALLING)
    for t in range(5):
        stage.say("A", t, at(t), environment=r.SPACE)
    other = FALLING.copy()
    if what == "another speed":
        other[3:] *= -1.0
    elif what == "another place":
        other[:3] += 1e5
    environment = [r.SPACE, r.AIR if what == "an aircraft" else r.SPACE]
    stage.say("A", 5.0, at(5.0), line(other, 400.0)(5.0), environment=environment)
    assert stage.events(SPLIT) == []
    assert stage.column("parent") == [0, 0]


# ------------------------------------------------------------------ what a track is said to be


PENDING, UNKNOWN, ASSUMED_FRIEND, FRIEND, NEUTRAL, SUSPECT, HOSTILE = range(7)


def judged(*words: tuple[int, float]) -> Stage:
    """A track of several nodes, each with an identity and its confidence."""
    stage, at = Stage(), line(CRUISE)
    for t in range(3):
        for k, (identity, confidence) in enumerate(words):
            stage.say(f"N{k}", t, at(t) + k, identity=[identity], identity_confidence=[confidence])
    return stage


@pytest.mark.parametrize(
    ("words", "identity", "confidence", "conflict"),
    [
        ([(FRIEND, 0.8)], FRIEND, 1.0, False),
        ([(FRIEND, 0.8), (FRIEND, 0.4)], FRIEND, 1.0, False),
        ([(FRIEND, 0.9), (HOSTILE, 0.6)], FRIEND, 0.6, True),
        ([(FRIEND, 0.5), (HOSTILE, 0.4), (HOSTILE, 0.3)], HOSTILE, 0.7 / 1.2, True),
        ([(ASSUMED_FRIEND, 0.3), (SUSPECT, 0.9)], SUSPECT, 0.75, True),
        ([(NEUTRAL, 0.6), (HOSTILE, 0.2)], NEUTRAL, 0.75, False),
        ([(FRIEND, 0.4), (UNKNOWN, 0.2)], FRIEND, 0.4 / 0.6, False),
        ([(PENDING, 0.9)], PENDING, 0.0, False),
        ([(HOSTILE, 0.0), (FRIEND, 0.0)], PENDING, 0.0, True),
    ],
)
def test_identities_are_weighed_and_conflicts_shown(
    words: list[tuple[int, float]], identity: int, confidence: float, conflict: bool
) -> None:
    stage = judged(*words)
    assert stage.column("identity") == [identity]
    assert stage.column("identity_confidence")[0] == pytest.approx(confidence)
    assert stage.column("identity_conflict") == [conflict]


def test_environments_are_voted_on_and_space_wins_a_tie() -> None:
    at = line(FALLING)
    for votes, expected in (
        ([r.AIR, r.AIR, r.SPACE], r.AIR),
        ([r.AIR, r.SPACE], r.SPACE),
        ([r.SURFACE, r.AIR, r.AIR], r.AIR),
        ([0, r.SURFACE], r.SURFACE),
    ):
        stage = Stage()
        for t in range(3):
            for k, environment in enumerate(votes):
                stage.say(f"N{k}", t, at(t) + k, environment=environment)
        assert len(stage.numbers()) == 1
        assert stage.column("environment") == [expected]


def test_the_call_sign_is_kept() -> None:
    stage, at = Stage(), line(CRUISE)
    stage.say("A", 0.0, at(0.0), call_sign=["KAL12"])
    stage.say("B", 0.0, at(0.0))
    stage.say("A", 1.0, at(1.0), call_sign=[""])
    assert stage.column("call_sign") == ["KAL12"]


def test_the_noise_shown_is_what_the_nodes_declare() -> None:
    stage, at = Stage(), line(CRUISE)
    stage.say("A", 0.0, at(0.0), q=4.0)
    assert stage.column("process_noise") == [4.0]
    stage.say("B", 0.0, at(0.0), q=2.0)
    stage.say("C", 0.0, at(0.0), q=0.0)
    assert stage.column("process_noise") == [3.0]
