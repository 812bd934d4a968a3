"""What the fold refuses, and in what words; and that nothing else ever happens."""

import math
import warnings

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fusion import Picture, ReportError
from fusion.report.report import TRACKS_MAX, NoReport, Report
from fusion_oracle import reports as r
from fusion_oracle.delivery import seen
from fusion_oracle.traffic import traffic
from triwatch.v1 import track_pb2

CRUISE = np.array([*r.PLACE_M, 200.0, 0.0, 50.0])


def good(n: int = 3) -> track_pb2.TrackBatch:
    """A report that is folded."""
    state = CRUISE + 5e3 * np.arange(n)[:, None] * np.array([1.0, 1, 1, 0, 0, 0])
    return r.report("A", 1, 1.0, state, identity=[3] * n, identity_confidence=[0.5] * n)


def broken(**columns: object) -> track_pb2.TrackBatch:
    """The good report with some fields replaced."""
    batch = good()
    for name, value in columns.items():
        if isinstance(value, list | range):
            del getattr(batch, name)[:]
            getattr(batch, name).extend(value)
        else:
            setattr(batch, name, value)
    return batch


def with_value(column: str, index: int, value: float) -> track_pb2.TrackBatch:
    """The good report with one number replaced."""
    batch = good()
    getattr(batch, column)[index] = value
    return batch


REFUSED = {
    "no node": (broken(node_id=""), "report ?/1/1: node_id must have 1 to 64 characters"),
    "long node": (broken(node_id="N" * 65), "node_id must have 1 to 64 characters"),
    "no sequence": (broken(sequence=0), "report A/1/0: sequence must be 1 to"),
    "huge incarnation": (broken(incarnation=2**63), "incarnation below 2^63"),
    "huge sequence": (broken(sequence=2**64 - 1), "sequence must be 1 to"),
    "short times": (broken(valid_time_ns=[r.EPOCH_NS]), "column valid_time_ns has 1 values, expected 3"),
    "short state": (broken(state=[1.0] * 17), "column state has 17 values, expected 18"),
    "no covariance": (broken(covariance=[]), "column covariance has 0 values, expected 63"),
    "full covariance": (broken(covariance=[1.0] * 108), "column covariance has 108 values, expected 63"),
    "no environment": (broken(environment=[]), "column environment has 0 values, expected 3"),
    "no status": (broken(status=[]), "column status has 0 values, expected 3"),
    "short noise": (broken(process_noise=[1.0]), "column process_noise has 1 values, expected 3"),
    "long identity": (broken(identity=[1] * 4), "column identity has 4 values, expected 3"),
    "short confidence": (broken(identity_confidence=[0.1]), "column identity_confidence has 1 values"),
    "short motion": (broken(motion_model=[1]), "column motion_model has 1 values, expected 3"),
    "short call sign": (broken(call_sign=["A"]), "column call_sign has 1 values, expected 3"),
    "short parent": (broken(parent_local_number=[1, 2]), "column parent_local_number has 2 values"),
    "short quality": (broken(quality=[1, 2]), "column quality has 2 values, expected 3"),
    "columns without rows": (broken(local_number=[]), "column valid_time_ns has 3 values, expected 0"),
    "time zero": (
        with_value("valid_time_ns", 1, 0),
        "report A/1/1: row 1 (local number 2): valid_time_ns must be 1 to 2^62 ns UTC",
    ),
    "time far": (with_value("valid_time_ns", 2, 2**62 + 1), "row 2 (local number 3): valid_time_ns must"),
    "time beyond": (with_value("valid_time_ns", 2, 2**64 - 1), "row 2 (local number 3): valid_time_ns must"),
    "twice": (broken(local_number=[1, 2, 1]), "row 2 (local number 1): the local number stands twice"),
    "number zero": (broken(local_number=[1, 0, 2]), "row 1 (local number 0): local_number must be"),
    "state nan": (with_value("state", 7, math.nan), "row 1 (local number 2): state must be finite"),
    "state infinite": (with_value("state", 0, math.inf), "state must be finite"),
    "velocity nan": (with_value("state", 17, -math.nan), "row 2 (local number 3): state must be finite"),
    "position far": (with_value("state", 2, -1.1e8), "position beyond 1e+08 m"),
    "velocity high": (with_value("state", 9, 20_001.0), "row 1 (local number 2): velocity beyond 20000 m/s"),
    "underground": (broken(state=[1e5] * 3 + [0.0] * 3 + [1e6] * 3 + [0.0] * 3 + [1e7] * 3 + [0.0] * 3),
                    "row 0 (local number 1): position within 1,000 km of the Earth's centre"),
    "covariance nan": (with_value("covariance", 22, math.nan), "(local number 2): covariance must be finite"),
    "covariance infinite": (with_value("covariance", 20, math.inf), "covariance must be finite"),
    "variance zero": (with_value("covariance", 5, 0.0), "variances must be at least 1e-09"),
    "variance negative": (with_value("covariance", 9, -1.0), "variances must be at least 1e-09"),
    "variance high": (with_value("covariance", 0, 1.1e16), "variances must be at most 1e+16"),
    "indefinite": (with_value("covariance", 1, 900.1), "covariance must be positive definite"),
    "singular": (with_value("covariance", 1, 900.0), "covariance must be positive definite"),
    "noise negative": (with_value("process_noise", 2, -1e-9), "process_noise must be 0 to 1e6"),
    "noise nan": (with_value("process_noise", 0, math.nan), "process_noise must be 0 to 1e6"),
    "noise high": (with_value("process_noise", 0, 1.1e6), "process_noise must be 0 to 1e6"),
    "confidence high": (with_value("identity_confidence", 0, 1.01), "identity_confidence must be 0 to 1"),
    "confidence nan": (with_value("identity_confidence", 1, math.nan), "identity_confidence must be 0 to 1"),
    "quality high": (broken(quality=[0, 15, 16]), "row 2 (local number 3): quality must be 0 to 15"),
    "too many": (
        broken(local_number=range(1, TRACKS_MAX + 2)),
        f"{TRACKS_MAX + 1} tracks; the limit is {TRACKS_MAX}",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("batch", "words"), REFUSED.values(), ids=REFUSED)
def test_a_broken_rule_is_named(batch: track_pb2.TrackBatch, words: str) -> None:
    """With the report, the row, the node's own number and what was expected; and nothing is taken in."""
    picture = Picture()
    picture.fold(r.report("B", 1, 0.5, CRUISE))
    before = seen(picture), picture.input_digest()
    with pytest.raises(ReportError) as refusal:
        picture.fold(batch)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert (seen(picture), picture.input_digest()) == before
    assert picture.counts.rejected == 1
    if batch.node_id == "A" and batch.sequence == 1 and batch.incarnation == 1:
        # the refused report has used up its number: no hole is left, and nobody waits for another one
        picture.punctuate(r.heartbeat("B", 1, 1.0))
        picture.punctuate(r.heartbeat("A", 1, 1.0))
        assert picture.final_time_ns == r.at_ns(1.0)
        assert picture.counts.missing == 0
        assert picture.fold(good()) == "duplicate"


def test_what_is_no_report_is_refused() -> None:
    with pytest.raises(ReportError, match=r"expected a .*TrackBatch, got str"):
        Picture().fold("report")  # type: ignore[arg-type]
    with pytest.raises(NoReport, match="5 bytes are no TrackBatch"):
        Report.from_bytes(b"\xff\xff\xff\xff\xff")


def test_the_limits_themselves_are_allowed() -> None:
    for batch in (
        with_value("state", 0, 1e8), with_value("state", 3, -2e4), with_value("covariance", 0, 1e16),
        with_value("process_noise", 0, 1e6), with_value("identity_confidence", 0, 1.0),
        with_value("valid_time_ns", 0, 2**62), broken(node_id="N" * 64), broken(quality=[15, 0, 3]),
        broken(process_noise=[]), broken(identity=[], identity_confidence=[]),
    ):  # fmt: skip
        assert Picture().fold(batch) == "folded"


@pytest.mark.parametrize(
    ("column", "zero"), [("environment", 0), ("status", 0), ("identity", 0), ("motion_model", 0)]
)
@pytest.mark.parametrize("value", [99, -1, 2**31 - 1])
def test_enum_values_of_a_later_version_are_as_none(column: str, zero: int, value: int) -> None:
    later, plain = Picture(), Picture()
    later.fold(broken(**{column: [value] * 3}))
    plain.fold(broken(**{column: [zero] * 3}))
    assert later.digest() == plain.digest()


def test_an_empty_report_counts_as_held() -> None:
    picture = Picture()
    assert picture.fold(r.report("A", 1, 0.0, np.zeros((0, 6)))) == "folded"
    assert picture.fold(r.report("A", 1, 0.0, np.zeros((0, 6)))) == "duplicate"
    assert len(picture.tracks()) == 0
    assert picture.digest() == Picture().digest()
    assert picture.input_digest() != Picture().input_digest()


def test_a_report_is_what_came_over_the_wire() -> None:
    """Unknown fields of a later version are part of the input, though not of the picture."""
    plain, later = good().SerializeToString(), good().SerializeToString() + b"\xfa\x7f\x03abc"
    one, other = Picture(), Picture()
    one.add(Report.from_bytes(plain))
    other.add(Report.from_bytes(later))
    assert one.digest() == other.digest()
    assert one.input_digest() != other.input_digest()


def test_rows_of_several_moments_become_events_in_order() -> None:
    report = Report.from_bytes(r.report("A", 1, [3.0, 1.0, 2.0, 1.0], [CRUISE] * 4).SerializeToString())
    assert [e.key.valid_time_ns for e in report.events] == [r.at_ns(t) for t in (1.0, 2.0, 3.0)]
    assert [e.local_number.tolist() for e in report.events] == [[2, 4], [3], [1]]
    assert report.newest_ns == r.at_ns(3.0)


# ------------------------------------------------------------------ fuzz


def finite(picture: Picture) -> None:
    """Every number that a reader sees is finite, every covariance positive on its diagonal."""
    tracks = picture.tracks()
    assert np.isfinite(tracks.state).all()
    assert np.isfinite(tracks.covariance).all()
    assert (np.einsum("nii->ni", tracks.covariance) > 0.0).all()
    assert np.isfinite(tracks.mode_probability).all()
    assert np.isfinite(tracks.process_noise).all()
    assert np.isfinite(tracks.identity_confidence).all()
    picture.snapshot().SerializeToString()
    picture.delta().SerializeToString()


def folded_or_refused(picture: Picture, batch: track_pb2.TrackBatch) -> None:
    """The one invariant: a report is folded, or raises ReportError and changes nothing."""
    before = seen(picture), picture.input_digest()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            picture.fold(batch)
        except ReportError:
            assert (seen(picture), picture.input_digest()) == before
        else:
            finite(picture)


SEED_BATCHES = traffic(4, 4.0).reports[:8]


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_mutated_bytes(data: st.DataObject) -> None:
    """Bits flipped, pieces cut, doubled, moved: what still parses is folded or refused."""
    picture = Picture()
    for batch in SEED_BATCHES:
        body = bytearray(batch.SerializeToString())
        for _ in range(data.draw(st.integers(0, 6))):
            at = data.draw(st.integers(0, max(len(body) - 1, 0)))
            kind = data.draw(st.sampled_from(["flip", "set", "cut", "double"]))
            if not body:
                break
            if kind == "flip":
                body[at] ^= 1 << data.draw(st.integers(0, 7))
            elif kind == "set":
                body[at] = data.draw(st.integers(0, 255))
            elif kind == "cut":
                del body[at : at + data.draw(st.integers(1, 40))]
            else:
                body[at:at] = body[at : at + data.draw(st.integers(1, 40))]
        try:
            mutant = track_pb2.TrackBatch.FromString(bytes(body))
        except DecodeError:
            continue
        folded_or_refused(picture, mutant)


EDGES = [
    0.0, -0.0, 5e-324, 1e-310, 1e-30, 1e-9, 1e-3, 1.0, 6.4e6, 1e8, 1e16, 1e300, math.inf, -math.inf, math.nan,
]  # fmt: skip
NUMBERS = st.one_of(st.sampled_from(EDGES), st.floats(), st.floats(-1e7, 1e7))


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_mutated_values(data: st.DataObject) -> None:
    """Any number in any column may be anything."""
    picture = Picture()
    for batch in SEED_BATCHES:
        mutant = track_pb2.TrackBatch()
        mutant.CopyFrom(batch)
        for _ in range(data.draw(st.integers(0, 3))):
            name = data.draw(st.sampled_from(["state", "covariance", "process_noise", "identity_confidence"]))
            column = getattr(mutant, name)
            if len(column):
                column[data.draw(st.integers(0, len(column) - 1))] = data.draw(NUMBERS)
        if len(mutant.local_number) and data.draw(st.booleans()):
            row = data.draw(st.integers(0, len(mutant.local_number) - 1))
            mutant.local_number[row] = data.draw(st.sampled_from([0, 1, 2, 99_999, 100_000, 2**32 - 1]))
            mutant.valid_time_ns[row] = data.draw(
                st.sampled_from([0, 1, r.EPOCH_NS - 1, r.at_ns(1e9), 2**62, 2**63, 2**64 - 1])
            )
            mutant.environment[row] = data.draw(st.integers(-3, 9))
            mutant.status[row] = data.draw(st.integers(-1, 6))
        folded_or_refused(picture, mutant)


@st.composite
def estimates(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """A state and a covariance within the contract but of any scale and nearly singular shape."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    scale = 10.0 ** rng.uniform(-4.4, 7.9, 6)
    if draw(st.booleans()):
        scale = 10.0 ** np.repeat(rng.uniform(-4.4, 7.9, 2), 3)
    basis = rng.standard_normal((6, 6))
    basis[:, draw(st.integers(0, 5))] *= 10.0 ** draw(st.sampled_from([0, -3, -6, -7]))
    p = basis.T @ basis
    p /= np.sqrt(np.outer(np.diag(p), np.diag(p)))
    direction = rng.standard_normal(3)
    radius = 10.0 ** rng.uniform(6.0, 7.9)
    x = np.concatenate([direction / np.abs(direction).max() * radius, rng.uniform(-2e4, 2e4, 3)])
    if draw(st.booleans()):  # straight at the Earth's centre
        x[3:] = -x[:3] / np.abs(x[:3]).max() * 2e4
    return x, p * np.outer(scale, scale)


@given(
    rows=st.lists(
        st.tuples(
            estimates(),
            st.sampled_from("ABC"),
            st.sampled_from([0.0, 5e-324, 1e-12, 1e-3, 1.0, 1e6]),
            st.sampled_from([0, 1, 2]),
            st.sampled_from([1e-9, 0.5, 7.0, 29.0, 60.0, 115.0]),
        ),
        min_size=2,
        max_size=8,
    ),
)
@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
def test_extreme_estimates(rows: list) -> None:
    """The same few tracks leap between places, scales and shapes that the contract allows."""
    picture = Picture()
    t, sequence = 0.0, dict.fromkeys("ABC", 0)
    for (x, p), node, q, environment, dt in rows:
        t += dt
        sequence[node] += 1
        folded_or_refused(picture, r.report(node, sequence[node], t, x, p, environment=environment, q=q))


@pytest.mark.parametrize("q", [5e-324, 1e-12, 1.0])
@pytest.mark.parametrize("dt_s", [0.5, 10.0, 29.0, 100.0])
def test_a_fall_to_the_earths_centre_is_survived(q: float, dt_s: float) -> None:
    """A node may claim an object that falls through the Earth, where gravity has no bound."""
    picture = Picture()
    for k in range(6):
        x = np.array([1.0e6, 1.0, 0.0, -2.0e4, 0.0, 0.0])
        folded_or_refused(picture, r.report("A", k + 1, k * dt_s, x, environment=r.SPACE, q=q))
        folded_or_refused(picture, r.report("B", k + 1, k * dt_s + 0.1, x, environment=r.SPACE, q=q))


def test_a_hundred_years_between_reports_take_no_time() -> None:
    picture = Picture()
    for k, t in enumerate((0.0, 1.0, 3e9)):
        folded_or_refused(picture, r.report("A", k + 1, t, CRUISE * 1.1, environment=r.SPACE))


@pytest.mark.slow
def test_wide_reports_of_everything_are_assigned_in_bounded_time() -> None:
    """Two nodes whose every report lies in the gate of every track: the worst that assignment can meet."""
    rng = np.random.default_rng(1)
    n = 300
    state = CRUISE + rng.normal(0.0, 1.0, (n, 6)) * np.repeat([1e3, 1.0], 3)
    picture = Picture()
    for node in "AB":
        folded_or_refused(picture, r.report(node, 1, 1.0, state, r.diagonal(1e4, 30.0)))
    assert len(picture.tracks()) == n
