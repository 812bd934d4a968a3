"""Input that cannot be used: the cases of docs/bad-input.md, and what the command says of each.

python tests/kits/bad_input.py writes the page anew. Every command runs in an empty folder with one small
scenario (`SCENARIO`) and one small recording, so the messages name no path of the machine.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from nodes import coalition
from nodes.cli import main
from nodes.recording import Writer
from triwatch.v1 import envelope_pb2, track_pb2

REPO = Path(__file__).resolve().parents[2]
PAGE = REPO / "docs" / "bad-input.md"
T0 = 1_719_446_400_000_000_000

SCENARIO = """\
[scenario]
name = "small"
start = 2024-06-27T00:00:00Z
duration_s = 60.0
seed = 7

[[nodes]]
id = "KOR-1"
nation = "KOR"
report_period_s = 1.0
[[nodes.sensors]]
kind = "radar"
lat_deg = 36.7
lon_deg = 127.5
range_km = 900.0
period_s = 1.0
sigma_range_m = 30.0
sigma_azimuth_mrad = 1.0
sigma_elevation_mrad = 1.0

[[objects]]
id = "M1"
kind = "ballistic"
launch_s = 5.0
launch_lat_deg = 39.2
launch_lon_deg = 125.7
azimuth_deg = 65.0
apogee_km = 100.0
range_km = 400.0

[[objects]]
id = "F1"
kind = "waypoints"
environment = "AIR"
waypoints = [[0.0, 33.0, 127.0, 9000.0], [60.0, 33.5, 128.2, 9000.0]]
"""
TRAFFIC = """
[[objects]]
id = "traffic"
kind = "recorded"
file = "traffic.csv"
environment = "AIR"
"""
HEADER = "time_s,object_id,lat_deg,lon_deg,alt_m\n"


@dataclass(frozen=True)
class Case:
    """One command that must say what is wrong in one line and end with an exit status of its own."""

    title: str
    command: str
    prepare: Callable[[Path], object] = lambda folder: None
    status: int = 2


def write(folder: Path, name: str, content: str | bytes) -> None:
    data = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(data)


def changed(title: str, old: str, new: str) -> Case:
    """The small scenario with one thing wrong in it."""
    if SCENARIO.count(old) != 1:
        raise ValueError(f"{title}: {old!r} must stand once in the scenario")
    return scenario(title, SCENARIO.replace(old, new))


def scenario(title: str, text: str | bytes, **files: str) -> Case:
    """A demo of a scenario file."""

    def prepare(folder: Path) -> None:
        write(folder, "bad.toml", text)
        for name, content in files.items():
            write(folder, f"{name}.csv", content)

    return Case(title, "demo --scenario bad.toml", prepare)


def recording(folder: Path, spoil: Callable[[bytes], bytes]) -> None:
    """x.mcap: three thousand reports of nothing and no truth, then spoilt."""
    path = folder / "x.mcap"
    with Writer(path) as writer:
        for sequence in range(1, 3001):
            batch = track_pb2.TrackBatch(
                node_id="KOR-1",
                nation="KOR",
                incarnation=1,
                sequence=sequence,
                stream="KOR",
                label=track_pb2.Label(policy="EXERCISE"),
            )
            body = envelope_pb2.Envelope(payload=batch.SerializeToString()).SerializeToString()
            time_ns = T0 + sequence * 1_000_000
            writer.report("KOR-1", body, time_ns, time_ns)
    path.write_bytes(spoil(path.read_bytes()))


def flipped(data: bytes) -> bytes:
    """One bit the other way round."""
    at = len(data) // 3
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def damaged_policy(folder: Path) -> None:
    coalition.found(folder / "coalition", coalition.Policy(nations=("USA",)))
    version = folder / "coalition" / "policy" / "000001.json"
    version.write_bytes(version.read_bytes()[:-20])


def altered_policy(folder: Path) -> None:
    coalition.found(folder / "coalition", coalition.Policy(nations=("USA",)))
    version = folder / "coalition" / "policy" / "000001.json"
    version.write_bytes(version.read_bytes().replace(b'effective_ns\\":0', b'effective_ns\\":1'))


def open_keys(folder: Path) -> None:
    coalition.found(folder / "coalition", coalition.Policy(nations=("USA",)))
    (folder / "coalition" / "keys" / "USA" / "core-USA.json").chmod(0o644)


SCENARIOS = [
    Case("a scenario that does not exist", "demo --scenario nowhere.toml"),
    scenario("a file that is not TOML", "duration_s: 60\n"),
    scenario("a file that is not text", b"\xff\xfe\x00\x01"),
    scenario("an empty file", ""),
    changed("an unknown key", "seed = 7", "sed = 7"),
    changed("an unknown key of a sensor", "range_km = 900.0", "range_m = 900.0"),
    changed("a missing key", "period_s = 1.0\nsigma_range_m", "sigma_range_m"),
    changed("text for a number", "duration_s = 60.0", 'duration_s = "60"'),
    changed("a number for text", 'id = "KOR-1"', "id = 1"),
    changed("a local time", "2024-06-27T00:00:00Z", "2024-06-27T00:00:00"),
    changed("no duration", "duration_s = 60.0", "duration_s = 0.0"),
    changed("not a number", "duration_s = 60.0", "duration_s = nan"),
    changed("a latitude beyond the pole", "lat_deg = 36.7", "lat_deg = 136.7"),
    changed("a detection probability above 1", "period_s = 1.0\nsigma", "pd = 1.5\nperiod_s = 1.0\nsigma"),
    changed("a report period below zero", "report_period_s = 1.0", "report_period_s = -1.0"),
    changed("a nation that is none", 'nation = "KOR"', 'nation = "QQQ1"'),
    changed("a country that is none", 'nation = "KOR"', 'nation = "ABC"'),
    changed("a sensor of unknown kind", 'kind = "radar"', 'kind = "lidar"'),
    changed("a key of another sensor's kind", 'kind = "radar"', 'kind = "sonar"'),
    changed("an object of unknown kind", 'kind = "waypoints"', 'kind = "balloon"'),
    changed("two objects of one name", 'id = "F1"', 'id = "M1"'),
    changed("a release to nobody", "report_period_s = 1.0", "releasable_to = []"),
    changed("a node that leaves before it joins", "report_period_s = 1.0", "joins_s = 9.0\nleaves_s = 3.0"),
    changed("times that do not increase", "[60.0, 33.5", "[0.0, 33.5"),
    changed(
        "a turn of no known kind",
        "[60.0, 33.5, 128.2, 9000.0]]",
        '[60.0, 33.5, 128.2, 9000.0]]\nturns_as = "kite"',
    ),
    changed(
        "a turn of another environment's kind",
        "[60.0, 33.5, 128.2, 9000.0]]",
        '[60.0, 33.5, 128.2, 9000.0]]\nturns_as = "ship"',
    ),
    changed("one waypoint", ", [60.0, 33.5, 128.2, 9000.0]]", "]"),
    changed("decoys without a separation", "range_km = 400.0", "range_km = 400.0\ndecoys = 2"),
    changed("a flight around the Earth", "range_km = 400.0", "range_km = 40000.0"),
    changed("a flight that no missile can fly", "apogee_km = 100.0", "apogee_km = 1.0"),
    scenario("a recording of traffic with a wrong header", SCENARIO + TRAFFIC, traffic="t,id,lat,lon\n"),
    scenario("a damaged recording of traffic", SCENARIO + TRAFFIC, traffic=HEADER + "0.0,A,33.0,x,9000.0\n"),
    scenario("a recording of traffic that is absent", SCENARIO + TRAFFIC),
]

RECORDINGS = [
    Case("a recording that does not exist", "replay nowhere.mcap"),
    Case("an empty recording", "replay empty.mcap", lambda folder: write(folder, "empty.mcap", b"")),
    Case("a folder for a recording", "replay folder", lambda folder: (folder / "folder").mkdir()),
    Case("another kind of file", "replay notes.txt", lambda folder: write(folder, "notes.txt", "hello\n")),
    Case(
        "no recording at all to score",
        "score notes.txt",
        lambda folder: write(folder, "notes.txt", "hello\n"),
    ),
    Case(
        "a recording whose writer was killed",
        "replay x.mcap",
        lambda folder: recording(folder, lambda data: data[: len(data) * 2 // 3]),
        status=3,
    ),
    Case("a flipped bit", "replay x.mcap", lambda folder: recording(folder, flipped), status=3),
    Case("a flipped bit, to score", "score x.mcap", lambda folder: recording(folder, flipped), status=3),
]

COMMANDS = [
    Case("an unknown command", "fuse"),
    Case("an unknown option", "demo --fast"),
    Case("a speed that is no number", "demo --speed quick"),
    Case("a speed of zero", "demo --speed 0"),
    Case("a duration that is not finite", "demo --duration nan"),
    Case("an unknown topology", "demo --topology ring"),
    Case("an unknown engine", "replay x.mcap --engine gpu"),
    Case("a result that cannot be written", "scenarios --json nowhere/out.json"),
    Case("a disk that is full", "fly --apogee-km 100 --range-km 400 --json /dev/full"),
    Case("a plot that is no PNG", "score x.mcap --plot x.xyz"),
    Case("a page at no address", "page x.mcap --host="),
    Case("a recording that cannot be written", "demo --record nowhere/out.mcap"),
    Case("a flight without a range", "fly --apogee-km 100"),
    Case("a flight of no number", "fly --apogee-km nan --range-km 100"),
    Case("a flight that is impossible", "fly --apogee-km -5 --range-km 100"),
    Case("a nation that is none", "coalition init here --nations USA,JAPAN"),
    Case("a coalition of nobody", "coalition init here"),
    Case("a directory without a journal", "journal ."),
    Case("no coalition there", "core --nation USA --coalition coalition"),
    Case(
        "a damaged policy",
        "core --nation USA --coalition coalition",
        damaged_policy,
    ),
    Case("a policy that was altered", "core --nation USA --coalition coalition", altered_policy),
    Case("secret keys that others can read", "core --nation USA --coalition coalition", open_keys),
    Case(
        "a core of a nation that is no member",
        "core --nation JPN --coalition coalition",
        lambda folder: coalition.found(folder / "coalition", coalition.Policy(nations=("USA",))),
    ),
    Case(
        "a node that is not in the policy",
        "node --id KOR-9 --scenario medium_range --coalition coalition",
        lambda folder: coalition.found(folder / "coalition", coalition.Policy(nations=("USA",))),
    ),
]

STUDY = '[campaign]\nname = "study"\nscenario = "small.toml"\n'
FACTOR = '[[factors]]\nname = "x"\nkey = "{}"\n{}\n'


def study(title: str, text: str, options: str = "") -> Case:
    """A campaign of the small scenario."""

    def prepare(folder: Path) -> None:
        write(folder, "small.toml", SCENARIO)
        write(folder, "study.toml", text)

    return Case(title, f"campaign study.toml {options}".strip(), prepare)


def theatre(title: str, text: str) -> Case:
    """A draw from a file of distributions."""
    return Case(title, "theatre mine.toml --seed 1", lambda folder: write(folder, "mine.toml", text))


THEATRE = """\
[theatre]
name = "x"
start = 2024-06-27T00:00:00Z
duration_s = 60.0
[[nodes]]
id = "KOR"
nation = "KOR"
lat_deg = {from = 33.0, to = 37.0}
lon_deg = 127.0
[[nodes.sensors]]
kind = "radar"
range_km = 400.0
period_s = 4.0
sigma_range_m = 40.0
sigma_azimuth_mrad = 1.5
sigma_elevation_mrad = 1.5
"""

STUDIES = [
    study("a factor that names no node", STUDY + FACTOR.format("nodes.KOR-9.leaves_s", "levels = [1.0]")),
    study("a factor that names no key", STUDY + FACTOR.format("nodes.*.colour", "levels = [1.0]")),
    study("a level that breaks a rule", STUDY + FACTOR.format("nodes.*.sensors.*.pd", "levels = [2.0]")),
    study("a factor without levels", STUDY + FACTOR.format("nodes.*.sensors.*.pd", "")),
    study("an unknown design", STUDY + 'design = "random"\n'),
    study("a design too large", STUDY + "seeds = 1000000\n"),
    study("a node left out that is not there", STUDY + '[[arms]]\nname = "a"\nwithout = ["JPN-1"]\n'),
    study("a campaign of no scenario", '[campaign]\nname = "study"\n'),
    study("a scenario that is not there", STUDY.replace("small.toml", "none.toml")),
    study(
        "fewer runs than the design has",
        STUDY
        + 'design = "sobol"\nsamples = 4\n'
        + FACTOR.format("nodes.*.sensors.*.pd", 'distribution = "uniform"\nlow = 0.5\nhigh = 0.9'),
        "--runs 2",
    ),
    study("a scheduler that is not there", STUDY, "--scheduler tcp://127.0.0.1:9"),
    study("a contender that is no name", STUDY, "--contender mine"),
    study("a contender that is not there", STUDY, "--contender no_such_module:make"),
    study("a folder that cannot be written", STUDY, "--out /proc/nowhere"),
    study("a tracker that is not there", STUDY + 'set = { "nodes.*.tracker" = "mine:make" }\n'),
    Case("an unknown kind of theatre", "theatre desert --seed 1"),
    theatre("a theatre that is no TOML", "[theatre"),
    theatre("an unknown key of a theatre", '[theatre]\nname = "x"\nweather = "fair"\n'),
    theatre("a theatre without a start", '[theatre]\nname = "x"\nduration_s = 60.0\n'),
    theatre(
        "a range the wrong way round", THEATRE.replace("{from = 33.0, to = 37.0}", "{from = 37.0, to = 33.0}")
    ),
    theatre("a node that is none", THEATRE.replace('nation = "KOR"', 'nation = "KOREA"')),
    Case("a rate of nothing", "bench latency --rate 0"),
    Case("more nodes than batches", "bench latency --rate 100 --nodes 40"),
    Case("more cores than there are nations", "bench latency --cores 99"),
    Case("no number of rows", "bench fold --rows many"),
]

GROUPS = {"Scenarios": SCENARIOS, "Recordings": RECORDINGS, "Commands": COMMANDS, "Studies": STUDIES}


FORKS = multiprocessing.get_context("forkserver")
"""Every command is a process of its own, forked from one that has imported what most of them do: imports
cost a second, a fork nothing."""
FORKS.set_forkserver_preload(
    ["nodes.cli", "nodes.lab", "nodes.campaign", "nodes.demo", "nodes.bench", "nodes.page"]
)


def command(folder: str, arguments: list[str], said: str, ended: str) -> None:
    """What such a process does: the command, standard error into one file and the exit status into another:
    multiprocessing loses one where two threads wait for processes (255)."""
    os.chdir(folder)
    os.environ.pop("TRIWATCH_DATA", None)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT, 0o600), 2)
    sys.argv = ["triwatch", *arguments]
    try:
        main()
    except SystemExit as end:
        if isinstance(end.code, int):
            Path(ended).write_text(str(end.code), encoding="ascii")
        raise


def run(case: Case) -> tuple[int, str]:
    """Exit status and standard error of one case, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile() as said:
        case.prepare(Path(folder))
        ended = Path(f"{said.name}.status")
        process = FORKS.Process(target=command, args=(folder, case.command.split(), said.name, str(ended)))
        process.start()
        process.join(120)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"{case.title}: the command did not end")
        status = int(ended.read_text(encoding="ascii")) if ended.exists() else process.exitcode
        ended.unlink(missing_ok=True)
        return status, Path(said.name).read_text(encoding="utf-8").replace(folder, "...")


def run_all() -> dict[str, tuple[int, str]]:
    """Every case's outcome, by group and title, two at a time."""
    named = [(f"{group}: {case.title}", case) for group, cases in GROUPS.items() for case in cases]
    with ThreadPoolExecutor(2) as pool:
        outcomes = pool.map(run, [case for _, case in named])
        return {name: outcome for (name, _), outcome in zip(named, outcomes, strict=True)}


_MEASURED = re.compile(r"up to \S+Z from \d+ good bytes, lost \d+ bytes")
_ABOUT = "up to (time) from (so many) good bytes, lost (so many) bytes"
"""How long the recording is depends on more than what is wrong with it."""


def page(outcomes: dict[str, tuple[int, str]]) -> str:
    """docs/bad-input.md."""
    lines = [
        "# Bad input",
        "",
        "What the command prints for input that it cannot use: one line on standard error, what is wrong,",
        "where and how to mend it; exit status 2. A damaged recording is read as far as its checksums hold;",
        "what was lost is said in the same way, exit status 3. `tests/cli/test_bad_input.py` runs every case",
        "and compares it with this page; `python tests/kits/bad_input.py` writes the page anew.",
    ]
    for group, cases in GROUPS.items():
        lines += ["", f"## {group}", "", "| case | it prints |", "|---|---|"]
        for case in cases:
            said = _MEASURED.sub(_ABOUT, outcomes[f"{group}: {case.title}"][1].strip()).replace("|", "\\|")
            what = case.title if group == "Scenarios" else f"{case.title}: `triwatch {case.command}`"
            lines.append(f"| {what} | {said} |")
    lines += [
        "",
        "## Messages on the wire",
        "",
        "A message that breaks the contract is refused whole and counted under its reason; nothing else is",
        "touched. `tests/proto/test_wire_vectors.py` holds the link to these, the vectors of",
        "`tests/vectors/refused`.",
        "",
        "| message | what is wrong with it | reason counted |",
        "|---|---|---|",
    ]
    for path in sorted((REPO / "tests" / "vectors" / "refused").glob("*.json")):
        vector = json.loads(path.read_text(encoding="utf-8"))
        lines.append(f"| {path.stem} | {vector['about']} | {vector['reason']} |")
    lines += [
        "| any | larger than its kind may be ([limits](../proto/README.md#3-frames-and-topics)) | oversize |",
        "",
        "A frame above 8 MiB never reaches the program: ZeroMQ drops the connection it came through.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(run_all()), encoding="utf-8")
