"""What registration is worth: ``python -m benchmarks.registration [misaligned | drawn | aligned | cost]``.

Every comparison is made in one run: the nodes report once, and their reports are folded with the sensors that
they declare and without; beside them the same scene without biases. ``drawn`` gives every sensor of drawn air
theatres biases of 3 mrad, 300 m and 200 ms, each way by lot; ``aligned`` folds drawn theatres without a bias;
``cost`` folds 1,000 aircraft seen by four nodes, sensors declared and not, in turns.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np

from fusion import Picture, Report
from fusion.arrays import Float
from fusion.physics.extrapolate import carry
from fusion.physics.geodesy import enu_axes, geodetic2ecef
from fusion.score.figures import Exercise, National
from fusion.score.tables import Shown, Truth
from nodes.lab.run import prepared
from nodes.sensor_node.node import NationalNode
from nodes.simulation.source import SimulatedScans
from nodes.simulation.spec import RadarSpec, Scenario
from nodes.simulation.truth import World
from nodes.theatre import drawn
from triwatch.v1 import status_pb2, track_pb2

EVERY_S = 5.0
_LOWER = np.tril_indices(6)
DECLARED = (
    *("sensor_kind", "sensor_position", "tracklet_sensor"),
    *("sensor_platform", "bias_sensor", "bias_kind", "bias_sigma"),
)


def reports_of(scenario: Scenario) -> list[track_pb2.TrackBatch]:
    """What every node reports, in the order of time."""
    world = World(scenario)
    end_ns = scenario.time_ns(scenario.duration_s)
    made = [
        batch
        for node in scenario.nodes
        for batch in NationalNode(scenario, node.id, SimulatedScans(scenario, node.id, world)).advance(end_ns)
        if isinstance(batch, track_pb2.TrackBatch)
    ]
    return sorted(made, key=lambda batch: (batch.sent_time_ns, batch.node_id))


def undeclared(reports: Sequence[track_pb2.TrackBatch]) -> list[track_pb2.TrackBatch]:
    """The same reports by nodes that say nothing of their sensors."""
    plain = []
    for report in reports:
        one = track_pb2.TrackBatch()
        one.CopyFrom(report)
        for column in DECLARED:
            one.ClearField(column)
        plain.append(one)
    return plain


def scored(
    scenario: Scenario, reports: Sequence[track_pb2.TrackBatch], from_s: float
) -> tuple[dict[str, Any], Picture]:
    """Figures of the picture that these reports make, from ``from_s`` on, and the picture in the end."""
    world, picture = World(scenario), Picture()
    instants = np.arange(from_s, scenario.duration_s + 0.5, EVERY_S)
    times_ns = np.array([scenario.time_ns(t) for t in instants])
    newest: dict[str, track_pb2.TrackBatch] = {}
    nodes = {node.id: node.nation for node in scenario.nodes}
    shown: list[tuple[Any, ...]] = []
    told: dict[str, list[tuple[Any, ...]]] = {node: [] for node in nodes}
    rest = iter(reports)
    batch = next(rest, None)
    for k, time_ns in enumerate(times_ns):
        while batch is not None and batch.sent_time_ns <= time_ns:
            picture.fold(batch)
            newest[batch.node_id] = batch
            batch = next(rest, None)
        tracks = picture.at(max(int(time_ns), picture.time_ns))
        shown.append((k, tracks.number, tracks.state, tracks.covariance, tracks.environment, tracks.identity))
        for node, last in newest.items():
            told[node].append((k, *_carried(last, int(time_ns))))
    truth = _truth(world, instants, times_ns)
    nation = National(
        _shown(shown), np.ones(len(instants), np.bool_), [_shown(rows) for rows in told.values()]
    )
    return Exercise(truth, {"ALL": nation}, None).figures(), picture


def _carried(batch: track_pb2.TrackBatch, time_ns: int) -> tuple[Any, ...]:
    n = len(batch.local_number)
    state = np.array(batch.state).reshape(n, 6)
    covariance = np.zeros((n, 6, 6))
    covariance[:, _LOWER[0], _LOWER[1]] = np.array(batch.covariance).reshape(n, 21)
    covariance[:, _LOWER[1], _LOWER[0]] = covariance[:, _LOWER[0], _LOWER[1]]
    environment = np.array(batch.environment, np.int64)
    age_s = (time_ns - np.array(batch.valid_time_ns, np.int64)) * 1e-9
    live = (np.array(batch.status) != track_pb2.TRACK_STATUS_TERMINATED) & (age_s < 10.0)
    carry(environment, state, covariance, np.array(batch.process_noise), age_s)
    number = np.array(batch.local_number, np.int64)
    return number[live], state[live], covariance[live], environment[live], environment[live]


def _shown(rows: Sequence[tuple[Any, ...]]) -> Shown:
    columns = list(zip(*rows, strict=True)) if rows else [()] * 6
    instant = [np.full(len(number), k) for k, number in zip(columns[0], columns[1], strict=True)]

    def joined(parts: Sequence[Any], *shape: int) -> Any:
        return np.concatenate(parts) if parts else np.zeros((0, *shape))

    return Shown(
        joined(instant).astype(np.int64),
        joined(columns[1]).astype(np.int64),
        joined(columns[2], 6),
        joined(columns[3], 6, 6),
        joined(columns[4]).astype(np.int64),
        joined(columns[5]).astype(np.int64),
    )


def _truth(world: World, instants: Float, times_ns: Any) -> Truth:
    snapshots = [world.at(float(t)) for t in instants]
    names = tuple(sorted({name for one in snapshots for name in one.object_id}))
    column = {name: j for j, name in enumerate(names)}
    state = np.full((len(instants), len(names), 6), np.nan)
    environment = np.zeros((len(instants), len(names)), np.int64)
    identity = np.zeros((len(instants), len(names)), np.int64)
    for k, one in enumerate(snapshots):
        at = [column[name] for name in one.object_id]
        state[k, at], environment[k, at], identity[k, at] = one.state, one.environment, one.identity
    exists = np.isfinite(state[:, :, 0])
    return Truth(np.asarray(times_ns, np.int64), names, state, environment, identity, exists)


def with_biases(scenario: Scenario, range_m: float, angle_mrad: float, clock_s: float, seed: int) -> Scenario:
    """Every radar off by as much either way, by lot, and nothing else; none at all where they are 0."""
    rng = np.random.default_rng(seed)

    def sign() -> float:
        return float(rng.choice([-1.0, 1.0]))

    nodes = []
    for node in scenario.nodes:
        sensors = []
        for sensor in node.sensors:
            changed: dict[str, object] = {"bias_azimuth_mrad": sign() * angle_mrad}
            if isinstance(sensor, RadarSpec):
                changed["bias_range_m"] = sign() * range_m
            if not isinstance(sensor, RadarSpec) or "bias_elevation_mrad" in sensor.__struct_fields__:
                changed["bias_elevation_mrad"] = sign() * angle_mrad
            changed |= {"bias_roll_mrad": 0.0, "bias_pitch_mrad": 0.0, "platform": 0, "misalignment": None}
            changed = {name: value for name, value in changed.items() if name in sensor.__struct_fields__}
            sensors.append(msgspec.structs.replace(sensor, **changed))
        clock = sign() * clock_s
        nodes.append(msgspec.structs.replace(node, sensors=tuple(sensors), bias_clock_s=clock, platforms=()))
    return msgspec.structs.replace(scenario, nodes=tuple(nodes))


def row(name: str, figures: dict[str, Any]) -> str:
    """A line of the table."""
    shared = figures["rmse_m"]["shared"]
    low, high = figures["anees_interval_95"] or (np.nan, np.nan)
    return (
        f"| {name} | {figures['siap']['ambiguity']:.3f} | {shared or np.nan:.1f} "
        f"| {figures['anees'] or np.nan:.2f} ({low:.2f} to {high:.2f}) "
        f"| {figures['containment_95'] or np.nan:.3f} | {figures['siap']['completeness']:.3f} |"
    )


HEAD = "| picture | ambiguity | RMSE m | ANEES | within 95 % | completeness |\n|---|---|---|---|---|---|"


def compared(name: str, biased: Scenario, plain: Scenario, from_s: float) -> Iterator[str]:
    """A scene with biases, registered and not, beside the scene without; what was found of each sensor."""
    made = reports_of(biased)
    registered, picture = scored(biased, made, from_s)
    ignored, _ = scored(biased, undeclared(made), from_s)
    aligned, _ = scored(plain, reports_of(plain), from_s)
    yield row(f"{name}, biased, registered", registered)
    yield row(f"{name}, biased, not registered", ignored)
    yield row(f"{name}, no biases", aligned)
    ratio = registered["rmse_m"]["shared"] / aligned["rmse_m"]["shared"]
    yield f"\nRMSE registered over RMSE without biases: {ratio:.3f}\n"
    yield from found(biased, picture)


def found(scenario: Scenario, picture: Picture) -> Iterator[str]:
    """Estimate, sigma and truth of every sensor."""
    known = picture.registration
    clocks = {node.id: node.bias_clock_s for node in scenario.nodes}
    common = np.mean([clocks[one] for one in known.clocks])
    yield "| sensor | range m | azimuth mrad | elevation mrad | clock ms | used | shared |"
    yield "|---|---|---|---|---|---|---|"
    for s, name in enumerate(known.sensors):
        spec = scenario.node(name.node_id).sensors[name.number]
        truth = [
            getattr(spec, "bias_range_m", 0.0),
            getattr(spec, "bias_azimuth_mrad", 0.0),
            getattr(spec, "bias_elevation_mrad", 0.0),
            1e3 * (clocks[name.node_id] - common),
        ]
        scale = np.array([1.0, 1e3, 1e3, 1e3])
        told, sigma = scale * known.told[s, : len(scale)], scale * known.sigma()[s, : len(scale)]
        cells = [f"{t:.3g} ± {g:.2g} ({u:.3g})" for t, g, u in zip(told, sigma, truth, strict=True)]
        yield (
            f"| {name.node_id}/{name.number} | {' | '.join(cells)} | {bool(known.used[s].any())} "
            f"| {known.shared[s]}, {known.misfits[s]} misfit |"
        )


def misaligned(duration_s: float, from_s: float) -> Iterator[str]:
    """The built-in scenario."""
    biased = prepared("misaligned", None, {"scenario.duration_s": duration_s})
    yield from compared("misaligned", biased, with_biases(biased, 0.0, 0.0, 0.0, 0), from_s)


def drawn_theatres(seeds: Sequence[int], from_s: float) -> Iterator[str]:
    """Drawn air theatres with large biases on every sensor."""
    ratios = []
    for seed in seeds:
        scenario = drawn("air", seed)
        plain = with_biases(scenario, 0.0, 0.0, 0.0, seed)
        biased = with_biases(scenario, 300.0, 3.0, 0.2, seed)
        made = reports_of(biased)
        registered, picture = scored(biased, made, from_s)
        aligned, _ = scored(plain, reports_of(plain), from_s)
        ratios.append(registered["rmse_m"]["shared"] / aligned["rmse_m"]["shared"])
        yield row(f"air {seed}, biased, registered", registered)
        yield row(f"air {seed}, no biases", aligned)
        yield from found(biased, picture)
    yield f"\nRMSE registered over RMSE without biases: {np.round(ratios, 3)}, median {np.median(ratios):.3f}"


def aligned_theatres(kinds: Sequence[str], seeds: Sequence[int]) -> Iterator[str]:
    """Drawn theatres without any bias, folded with the estimator and without."""
    ratios = []
    for kind in kinds:
        for seed in seeds:
            scenario = with_biases(drawn(kind, seed), 0.0, 0.0, 0.0, seed)
            made = reports_of(scenario)
            (declared, picture), (plain, _) = (
                scored(scenario, some, 0.0) for some in (made, undeclared(made))
            )
            ratios.append(declared["rmse_m"]["shared"] / plain["rmse_m"]["shared"])
            used = int(picture.registration.used.any(axis=1).sum())
            yield f"{kind} {seed}: RMSE with over without {ratios[-1]:.4f}, {used} sensors corrected"
    yield f"\nat most {max(ratios):.4f}, mean {np.mean(ratios):.4f} over {len(ratios)} theatres"


def crowd(seconds: int, targets: int = 1_000, nodes: int = 4) -> list[track_pb2.TrackBatch]:
    """A report a second of each node: what a filter in its steady state would say, with tracklets."""
    rng = np.random.default_rng(5)
    lat, lon = rng.uniform(30.0, 38.0, targets), rng.uniform(122.0, 132.0, targets)
    position, axes = geodetic2ecef(lat, lon, rng.uniform(3e3, 12e3, targets)), enu_axes(lat, lon)
    heading = rng.uniform(0.0, 2.0 * np.pi, targets)
    course = np.stack([np.sin(heading), np.cos(heading), np.zeros(targets)], axis=1)
    velocity = 220.0 * np.einsum("nij,ni->nj", axes, course)
    covariance, information = np.zeros((targets, 21)), np.zeros((targets, 21))
    covariance[:, [0, 2, 5]], covariance[:, [9, 14, 20]] = 50.0**2, 4.0**2
    information[:, [0, 2, 5]] = 1.0 / 100.0**2
    made = []
    for second in range(seconds):
        for node in range(nodes):
            off = rng.normal(0.0, 40.0, (targets, 3))
            state = np.concatenate([position + second * velocity + off, velocity], axis=1)
            vector = np.zeros((targets, 6))
            vector[:, :3] = rng.normal(0.0, 100.0, (targets, 3)) / 100.0**2 - off / 100.0**2
            made.append(
                track_pb2.TrackBatch(
                    node_id=f"N{node}",
                    nation="USA",
                    incarnation=1,
                    sequence=second + 1,
                    local_number=range(1, targets + 1),
                    valid_time_ns=[1_719_446_400_000_000_000 + second * 1_000_000_000 + node] * targets,
                    state=state.ravel().tolist(),
                    covariance=covariance.ravel().tolist(),
                    environment=[track_pb2.ENVIRONMENT_AIR] * targets,
                    status=[track_pb2.TRACK_STATUS_MAINTAINING] * targets,
                    process_noise=[1.0] * targets,
                    tracklet_information=information.ravel().tolist(),
                    tracklet_vector=vector.ravel().tolist(),
                    sensor_kind=[track_pb2.SENSOR_KIND_RADAR],
                    sensor_position=geodetic2ecef(32.0 + node, 125.0 + node, 500.0).tolist(),
                    tracklet_sensor=[1] * targets,
                )
            )
    return made


def cost(runs: int) -> Iterator[str]:
    """Processor time of the fold, bytes in to bytes out, by turns with declared sensors and without."""
    made = crowd(40)
    both = [[one.SerializeToString() for one in some] for some in (made, undeclared(made))]
    _folded(both[0][:48])
    ratios = []
    for _ in range(runs):
        declared_us, plain_us = (1e6 * _folded(some) / (len(made) * 1_000) for some in both)
        ratios.append(declared_us / plain_us)
        yield f"{declared_us:.2f} us a report with registration, {plain_us:.2f} without: {ratios[-1]:.3f}"
    yield f"\nmedian of {runs}: {np.median(ratios):.3f}"


def _folded(reports: Sequence[bytes]) -> float:
    """Seconds of processor time; history is let go of as time becomes FINAL."""
    picture = Picture(expected=[f"N{node}" for node in range(4)])
    begun = time.process_time()
    for data in reports:
        report = Report.from_bytes(data)
        picture.add(report)
        picture.punctuate(
            status_pb2.NodeStatus(
                node_id=report.key.node_id,
                nation="USA",
                incarnation=1,
                punctuation=[
                    status_pb2.Punctuation(
                        last_sequence=report.key.sequence, low_watermark_ns=report.newest_ns
                    )
                ],
            )
        )
        picture.changes().encode()
    return time.process_time() - begun


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=("misaligned", "drawn", "aligned", "cost"))
    parser.add_argument("--first", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--kind", nargs="*", default=["air"])
    parser.add_argument("--duration-s", type=float, default=450.0)
    parser.add_argument("--from-s", type=float)
    asked = parser.parse_args()
    seeds = range(asked.first, asked.first + asked.runs)
    began = time.process_time()
    if asked.what in ("misaligned", "drawn"):
        print(HEAD)
    lines = {
        "misaligned": lambda: misaligned(asked.duration_s, 300.0 if asked.from_s is None else asked.from_s),
        "drawn": lambda: drawn_theatres(seeds, 100.0 if asked.from_s is None else asked.from_s),
        "aligned": lambda: aligned_theatres(asked.kind, seeds),
        "cost": lambda: cost(asked.runs),
    }[asked.what]()
    for line in lines:
        print(line, flush=True)
    print(f"\n{time.process_time() - began:.0f} s of processor time; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
