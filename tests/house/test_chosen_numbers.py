"""No number that somebody chose stands bare at the top of a module: it says what it is, its unit and why.

Every name at the top of a module of fusion/ and nodes/ whose value has a number in it is annotated with
`Chosen`, stands in a record of `fusion.constants`, or is named below with the reason why it was not chosen.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

STRUCTURE = {"range", "tril_indices", "zeros", "empty", "full", "dtype", "compile", "Meta"}
"""Calls whose numbers are shapes, places and patterns; `Meta` bounds what a file may say, as a schema."""

GIVEN = {
    "a standard or mathematics gives it": {
        "fusion/bearings/mixture.py": "LOG_TURN _POINTS",
        "nodes/tracking/association.py": "LARGEST",
        "nodes/tracking/filters/mixture_compiled.py": "AHEAD",
        "fusion/consistency/agreement.py": "_CONSTANT",
        "fusion/elementary.py": "_HALF_PI_HIGH _HALF_PI_LOW _PI _DEGREE",
        "fusion/physics/air.py": "CEILING_M _STEP_M _LAPSES _GM_OVER_R _TOP_KM _TOP_DENSITY _DENSITY",
        "fusion/physics/geodesy.py": "WGS84_A_M WGS84_F WGS84_B_M WGS84_E2 EARTH_RATE_RADPS MEAN_RADIUS_M",
        "fusion/physics/gravity.py": "MU_M3PS2 J2",
        "fusion/physics/ground.py": "_EP2",
        "fusion/score/consistency.py": "DIMENSION INSIDE_95",
        "fusion/score/siap.py": "_CLAIM",
        "fusion/table/digest.py": "_SEED _FACTOR _SHIFT",
        "fusion/update/region.py": "K95",
        "fusion/warning/impact.py": "ELLIPSE_95",
        "fusion/warning/classify.py": "CLASS_LIMITS_M",
        "nodes/campaign/statistics.py": "QUANTILES _COVER",
        "nodes/coalition/signing.py": "SEED_BYTES SIGNATURE_BYTES",
        "nodes/link/round_trip.py": "_GAIN _VARIATION_GAIN _VARIATIONS",
        "nodes/simulation/atmosphere.py": "TOP_M _ALTITUDE_M _DENSITY",
        "nodes/simulation/dynamics.py": "A_M B_M G0_MPS2",
        "nodes/simulation/recorded.py": "_EARTH_M",
        "nodes/simulation/sensors/infrared.py": "_ORBIT_M",
        "nodes/simulation/sensors/platform.py": "M_PER_NAUTICAL_MILE",
        "nodes/simulation/sensors/view.py": "MEAN_RADIUS_M",
        "nodes/simulation/vacuum.py": "MEAN_RADIUS_M",
        "nodes/theatre/courses.py": "DEGREE_M _RADIAN _TERMS",
        "nodes/tracking/filters/kernels.py": "POINTS SPREAD CENTRE_WEIGHT WEIGHT",
        "nodes/tracking/visibility.py": "EARTH_RADIUS_M",
    },
    "the contract or a file's format fixes it": {
        "fusion/contract.py": "ENVIRONMENTS IDENTITIES",
        "fusion/finality.py": "EARLIER_MAX",
        "fusion/lifecycle/rows.py": "BLOCK",
        "fusion/report/check.py": "TIME_NS_MAX POSITION_M_MAX SPEED_MPS_MAX CENTRE_M_MIN QUALITY_MAX"
        " PROCESS_NOISE_MAX VARIANCE_MIN VARIANCE_MAX INFORMATION_MAX",
        "fusion/report/decode.py": "_VARINT_MAX",
        "fusion/report/report.py": "TRACKS_MAX SEQUENCE_MAX INCARNATION_MAX NODE_ID_MAX _COLUMNS _ANY_FIELD",
        "fusion/report/reported_lines.py": "LINES_MAX _TIME_NS_MAX _POSITION_M_MAX _CENTRE_M_MIN"
        " _BEARING_RAD_MAX _SIGMA_RAD _SOUND_MPS _REACH_M_MAX",
        "fusion/report/reported_looks.py": "LOOKS_MAX AREAS_MAX TIME_NS_MAX PROBABILITY_MAX RANGE_M_MAX"
        " STEEPNESS_MAX HALF_M _POSITION_M_MAX _CENTRE_M_MIN _LOOKS _AREAS",
        "fusion/report/reported_sensors.py": "SENSORS_MAX NO_SENSOR _POSITION_M_MAX _CENTRE_M_MIN _SIGMA_MAX",
        "fusion/search/told.py": "REGION",
        "fusion/table/records.py": "CONTRIBUTORS_MAX MODES NONE",
        "fusion/update/decode.py": "TIME_NS_MAX _WIDTH _OPTIONAL",
        "fusion/update/region.py": "MOST HALF",
        "fusion/update/encode.py": "QUALITY_M2 _VARINT_MAX",
        "nodes/campaign/case.py": "KEY_LENGTH",
        "nodes/contenders/contest.py": "POSITION_MAX_M",
        "nodes/framed_log.py": "CONTENT_BYTES_MAX",
        "nodes/gateways/cap_process.py": "_LENGTH",
        "nodes/gateways/csv_export.py": "COVARIANCE",
        "nodes/lab/cores.py": "INCARNATION",
        "nodes/link/limits.py": "SEQUENCE_MAX",
        "nodes/recording/frames.py": "_PRIVATE",
        "nodes/recording/tables.py": "TIME_NS_MAX",
        "nodes/sensing/wire.py": "FARTHEST_M TIME_NS_MAX CALL_SIGN_MAX",
        "nodes/sensor_node/streams.py": "_PER_STREAM _BLOCKS",
        "nodes/simulation/check.py": "MIN_RANGE_KM MAX_RANGE_KM MIN_APOGEE_KM MAX_APOGEE_KM"
        " MAX_SEPARATION_MPS MAX_PULL_UP_G EARLIEST LATEST FAR_S FASTEST_MPS",
        "nodes/simulation/spec.py": "LONGEST_S",
        "nodes/simulation/traffic_file.py": "EARLIEST_S LATEST_S _LOWEST_M _HIGHEST_M",
        "nodes/simulation/trajectory.py": "LONGEST_S",
        "nodes/tracking/columns.py": "POSITION_MAX_M SPEED_MAX_MPS",
        "nodes/wording.py": "_BLOCK",
    },
    "a code, a place in an array, a width": {
        "fusion/linalg.py": "N PACKED",
        "fusion/pairing/hypotheses.py": "OWN NEITHER FIRST",
        "fusion/report/check.py": "INDEFINITE TRACKLET_NOT_FINITE TRACKLET_UNSOUND",
        "fusion/report/decode.py": "_VARINT _EIGHT_BYTES _LENGTH _FOUR_BYTES",
        "fusion/registration/kinds.py": "BASE",
        "fusion/score/centralised.py": "_WIDTH",
        "fusion/score/phases.py": "NONE",
        "fusion/table/tracks.py": "_COUNTER _SEGMENT",
        "fusion/update/publish.py": "_POSITION",
        "fusion/update/region.py": "_POSITION",
        "nodes/page/server.py": "CLOSE_STOPPED CLOSE_TOO_MANY CLOSE_NO_TOKEN",
        "nodes/page/trails.py": "_WIDTH",
        "nodes/recording/tables.py": "_WIDTHS",
        "nodes/simulation/biases.py": "_PLACE",
        "nodes/sensing/measurement.py": "RADAR INFRARED SONAR AFLOAT ECHO DOPPLER TOWED AZIMUTH_COLUMN WIDTH",
        "nodes/tracking/motion_models.py": "FREE_MODE THRUST_MODE",
    },
    "an exit status, as docs/cli.md has them": {
        "nodes/cli/__init__.py": "EXIT_FAILURE EXIT_BAD_INPUT EXIT_SIGNALLED EXIT_INTERRUPTED",
        "nodes/cli/bench.py": "EXIT_NOT_MEASURED",
        "nodes/cli/campaign.py": "EXIT_FAILED EXIT_INTERRUPTED",
        "nodes/cli/demo.py": "EXIT_FAILURE",
        "nodes/cli/export.py": "EXIT_DAMAGED",
        "nodes/cli/replay.py": "EXIT_DIFFERENT EXIT_DAMAGED",
        "nodes/control/piped_clock.py": "EXIT_ORPHANED",
        "nodes/demo/forks.py": "EXIT_LOST",
    },
    "a unit in another, an epoch, the end of time": {
        "fusion/bearings/hearing.py": "_SECOND_NS",
        "fusion/filters/compiled.py": "_NS",
        "fusion/finality.py": "FOREVER_NS",
        "fusion/fold.py": "_SECOND_NS",
        "fusion/pairing/hypotheses.py": "_SECOND_NS",
        "fusion/pairing/neighbours.py": "_SECOND_NS",
        "fusion/registration/window.py": "_NS",
        "fusion/search/fold_search.py": "_NS",
        "fusion/search/searches.py": "_NS",
        "fusion/score/centralised.py": "NEVER_NS",
        "fusion/utc.py": "_NS_PER_MS",
        "fusion/warm.py": "_EPOCH_NS",
        "fusion/warning/flight_row.py": "_SECOND_NS",
        "fusion/warning/fold_flights.py": "_SECOND_NS",
        "fusion/warning/space.py": "_SECOND_NS",
        "nodes/link/repairs.py": "LAST_WORD_NS",
        "nodes/recording/pictures.py": "NS",
        "nodes/scoring/alone.py": "END_NS",
        "nodes/scoring/registration.py": "_SHOWN",
        "nodes/simulation/loader.py": "_EPOCH",
        "nodes/testing/replayed.py": "EPOCH_S",
    },
    "how exactly is computed: what else it could be changes nothing that is shown": {
        "fusion/filters/reference.py": "_INFORMATIVE",
        "fusion/pairing/assignment.py": "_UNASSIGNED",
        "fusion/physics/looks.py": "_GROUND2_MIN_M2",
        "fusion/registration/bias.py": "_LEVEL_MIN",
        "fusion/report/check.py": "_ROUNDING",
        "fusion/search/ordered.py": "_LEAST",
        "fusion/search/search_map.py": "_SHARE_MAX",
        "fusion/table/spatial_index.py": "NARROW_M2",
        "fusion/warning/launch.py": "_STEP",
        "fusion/warning/phase.py": "_PRIOR",
        "nodes/demo/latency.py": "_LEAST_NS _MOST_NS _DIGITS",
        "nodes/lab/exercise.py": "STEP_NS",
        "nodes/scoring/alone.py": "STEP_NS",
        "fusion/update/region.py": "_SIGMAS _NODES _NODES_LEAST _DENSITY_LEAST",
        "nodes/simulation/synthetic.py": "_LEGS",
        "nodes/simulation/trajectory.py": "_ABSOLUTE _ground.direction _apogee.direction",
    },
    "a setting of somebody else's tracker, whose documentation has them": {
        "nodes/contenders/nrl_tracker.py": "MOST DENSITY DETECTED CONFIG",
        "nodes/contenders/stone_soup.py": "GATE DENSITY DELETE DETECTED CLUTTER WINDOW EPOCH"
        " _INTERLEAVED _BACK",
    },
    "how something looks": {
        "nodes/campaign/charts.py": "_WIDTH",
        "nodes/demo/panels.py": "_SIDE_WIDTH _SIDE_WIDTH_SMALL _HEAD_LINES _DIGEST _SEARCHES"
        " _WARNING_LINES _TOLD_LINES _FRAME_LINES",
        "nodes/demo/screen.py": "TOLD_MAX",
        "nodes/demo/view.py": "ROWS_SHOWN CONTACTS_SHOWN",
        "nodes/gateways/czml_export.py": "COLOURS UNKNOWN_COLOUR AREA_COLOUR",
        "nodes/scoring/compare.py": "FIGURES",
        "nodes/scoring/scorecard.py": "WIDTH WIDTH_MOST _DIGEST_SHOWN",
        "nodes/theatre/write.py": "PLACES _ROW",
    },
    "a command's default, which its help states, or what is drawn for a measurement": {
        "nodes/campaign/design.py": "DESIGN_SEED",
        "nodes/cli/coalition.py": "LEAD_S",
        "nodes/cli/demo.py": "DEFAULT_SPEED",
        "nodes/sensor_node/warm.py": "_AFTER_LAUNCH_S",
        "nodes/bench/fold.py": "RAMP_S ROWS_TIMED",
        "nodes/bench/latency.py": "ORDINARY_BYTES",
        "nodes/bench/load.py": "SEEN_BY RAMP_S RATE_MAX SECONDS_MAX",
        "nodes/bench/notices.py": "READY_S PAUSE_S NS",
        "nodes/bench/roles.py": "DRAIN_S",
        "nodes/bench/traffic.py": "NS START_NS SECTOR SIGMA_M DENSITY_Q SPACING_M EARTH_M",
    },
}
"""Names, by reason and file."""


def numbers(value: ast.AST) -> Iterator[float]:
    """The numbers in an expression, those of `STRUCTURE` and of a path's parents left out."""
    if isinstance(value, ast.Call) and ast.unparse(value.func).split(".")[-1] in STRUCTURE:
        return
    if isinstance(value, ast.Subscript) and ast.unparse(value.value).endswith("parents"):
        return
    if isinstance(value, ast.Constant) and type(value.value) in (int, float):
        yield value.value
    for child in ast.iter_child_nodes(value):
        yield from numbers(child)


def bare(source: str) -> Iterator[tuple[int, str]]:
    """(line, name) of what stands at the top of a module, has a number in it and does not say what it is."""
    for node in ast.parse(source).body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        if isinstance(node, ast.AnnAssign) and "Chosen(" in ast.unparse(node.annotation):
            continue
        if any(True for _ in numbers(node.value)):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            for name in target.elts if isinstance(target, ast.Tuple) else [target]:
                yield node.lineno, ast.unparse(name)


def bare_by_file(repo: Path) -> dict[str, dict[str, int]]:
    """Lines of bare names, by file."""
    found: dict[str, dict[str, int]] = {}
    for path in sorted(p for room in ("fusion", "nodes") for p in (repo / room).rglob("*.py")):
        if names := {name: line for line, name in bare(path.read_text(encoding="utf-8"))}:
            found[path.relative_to(repo).as_posix()] = names
    return found


def test_every_chosen_number_says_what_it_is(repo: Path) -> None:
    given = {(file, name) for files in GIVEN.values() for file in files for name in files[file].split()}
    found = bare_by_file(repo)
    unsaid = [
        f"{file}:{line} {name}"
        for file, names in found.items()
        for name, line in names.items()
        if (file, name) not in given
    ]
    assert not unsaid, "\n".join(
        ["annotate with Chosen (fusion/constants.py), or say here why not:", *unsaid]
    )


def test_the_list_of_what_was_not_chosen_is_true(repo: Path) -> None:
    found = bare_by_file(repo)
    listed = [(file, name) for files in GIVEN.values() for file in files for name in files[file].split()]
    assert [(file, name) for file, name in listed if name not in found.get(file, {})] == []
    assert len(set(listed)) == len(listed)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("A = 3.0", ["A"]),
        ("A, B = 3.0, 4", ["A", "B"]),
        ("A = {RADAR: (1.0, 2.0)}", ["A"]),
        ('A: Final[Annotated[float, Chosen("m", "how far", "judged")]] = 3.0', []),
        ("A, B = range(2)", []),
        ("A = Path(__file__).parents[2]", []),
        ("Width = Annotated[float, Meta(ge=0.0)]", []),
        ("A = other.B", []),
    ],
)
def test_what_is_bare_is_found(source: str, found: list[str]) -> None:
    assert [name for _, name in bare(source)] == found
