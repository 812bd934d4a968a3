"""The scorecard that a person understands: the result of a demo, a replay or a score in words and tables."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import Annotated, Any, Final, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fusion.constants import OPERATION, Chosen
from nodes.scoring.consistency import doubts, shown
from nodes.scoring.registration import cells, headings, remarks
from nodes.scoring.undersea_card import undersea
from nodes.scoring.worth import worth
from nodes.wording import count, delay, span, together, track_name

WIDTH = 80
"""Columns that every part fits in; where a terminal has more, sentences take up to WIDTH_MOST."""
WIDTH_MOST = 110
_DIGEST_SHOWN = 12
BUSY_LOAD: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "processes that are ready to run, for each processor, over the last minute: with more a "
            "machine is busy",
            OPERATION,
        ),
    ]
] = 1.5
BEHIND_S: Final[
    Annotated[
        float,
        Chosen(
            "s",
            "scenario seconds that an exercise may fall behind its clock before that is called a busy "
            "machine",
            OPERATION,
        ),
    ]
] = 2.0


def print_scorecard(result: dict[str, Any], out: TextIO) -> None:
    """Write the scorecard of a result of `nodes.scoring.recording.score_recording` to ``out``.

    What sharing was worth comes first. Colours only on a terminal; no part needs more than WIDTH columns.
    """
    tty = out.isatty()
    console = Console(file=out, width=None if tty else WIDTH_MOST, highlight=False, no_color=not tty)
    width = min(max(console.width, WIDTH), WIDTH_MOST)
    for part in _parts(result):
        if isinstance(part, str):
            console.print(_wrapped(part, width), soft_wrap=True)
        else:
            console.print(part)


def _wrapped(sentence: str, width: int) -> Text:
    """A sentence in lines of their own, indented as it begins; no word is cut."""
    bare = sentence.lstrip(" ")
    indent = " " * (len(sentence) - len(bare))
    heading = bare.startswith("# ")
    lines = wrap(bare.removeprefix("# "), width, initial_indent=indent, subsequent_indent=indent + "  ")
    return Text("\n".join(lines), style="bold" if heading else "")


def _parts(result: dict[str, Any]) -> Iterator[str | Table]:
    duration = result["duration_s"]
    yield (
        f"# {result['scenario'] or 'Recording'}"
        + (f", {span(duration)}" if duration is not None else "")
        + (f", seed {result['seed']}" if result["seed"] is not None else "")
    )
    score = result["score"]
    if score is None:
        yield "The recording has no truth: there is nothing to score against."
        yield from (f"  {line}" for line in _warned(result["warnings"]))
    else:
        yield from worth(result)
        yield ""
        yield "# How good the shared picture was"
        for sentence in sentences(score):
            yield f"  {sentence}"
        yield ""
        yield _environments(score)
        if result.get("contenders"):
            yield ""
            yield _contenders(score, result["contenders"])
        yield ""
        yield _errors(score)
        if result.get("undersea"):
            yield ""
            yield "# Under water, shared and alone"
            yield from undersea(result["undersea"])
        missiles = score["missiles"]
        if missiles["launched"]:
            yield ""
            yield "# Missile warnings"
            yield from (f"  {line}" for line in _warned(result["warnings"]))
            said = f"  Of {count(missiles['launched'], 'missile')} {missiles['warned']} warned of"
            false = missiles["false_warnings"]
            yield said + (f"; {count(false, 'warning')} without a missile" if false else "; no false warning")
    if result.get("registration"):
        yield ""
        yield "# By how much sensors were found to be off"
        yield from (f"  {line}" for line in remarks(result["registration"]))
        yield _sensors(result["registration"])
    if result.get("consistency"):
        yield ""
        yield "# How true each node's word was"
        yield from (f"  {line}" for line in doubts(result["consistency"]))
        yield _words(result["consistency"])
    yield ""
    yield "# Whether the nations agree"
    if result["pictures"]:
        own = result.get("national_pictures", [])
        yield _pictures(result["pictures"], own)
        yield f"  {agreement(result['pictures'])}"
        if own:
            yield "  A nation's own picture holds what is released to it and not to all"
    yield from _membership(result)
    yield from _traffic(result)


def sentences(score: dict[str, Any]) -> Iterator[str]:
    """The chief figures, each in a sentence."""
    siap, seen = score["siap"], score["mean_objects_in_view"]
    if siap["completeness"] is None:
        yield "No object was in view."
        return
    share = siap["completeness"]
    yield f"Of {seen:.1f} objects in view, {share * seen:.1f} were shown on average ({_percent(share)})"
    if siap["ambiguity"] is not None:
        yield (
            f"An object shown had {siap['ambiguity']:.3f} tracks; {_percent(siap['spuriousness'])} of the"
            " tracks were of nothing"
        )
        yield f"One track held for {_percent(siap['continuity'])} of an object's life"
        yield (
            f"Positions were {siap['positional_accuracy_m']:,.0f} m off on average, velocities"
            f" {siap['velocity_accuracy_mps']:.1f} m/s"
        )
    if siap["commonality"] is not None:
        yield f"Every nation showed the same number for {_percent(siap['commonality'])} of the objects shown"
    if score["anees"] is not None:
        low, high = score["anees_interval_95"]
        mood = "too sure of themselves" if score["anees"] > high else "too cautious"
        if low <= score["anees"] <= high:
            mood = "consistent"
        said = f"{score['anees']:.2f}, where {low:.2f} to {high:.2f} is consistent"
        yield f"Covariances are {mood}: average normalised error squared (ANEES) {said}"


def agreement(pictures: list[dict[str, Any]]) -> str:
    """Whether the nations hold the same picture, in a sentence."""
    inputs = {picture["input_digest"] for picture in pictures}
    digests = {picture["picture_digest"] for picture in pictures}
    if len(pictures) == 1:
        return "One nation's picture"
    if len(inputs) > 1:
        return "The nations hold different reports, so their pictures may differ"
    if len(digests) > 1:
        return "The same reports, but DIFFERENT pictures: this must not be"
    return "All nations hold the same reports and show the same picture, to the bit"


def _present(score: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """All environments together, and each in which there was anything."""
    present = {name.lower(): row for name, row in score["by_environment"].items() if row["objects"]}
    return {"all": score} | present


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(f"  {first}", no_wrap=True)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _environments(score: dict[str, Any]) -> Table:
    names = ("objects", "shown", "tracks each", "spurious", "off m", "GOSPA m", "ANEES")
    table = _table("environment", *names)
    for name, row in _present(score).items():
        siap = row["siap"]
        table.add_row(
            f"  {name}",
            str(row["objects"]),
            _percent(siap["completeness"]),
            _number(siap["ambiguity"], 3),
            _percent(siap["spuriousness"]),
            _number(siap["positional_accuracy_m"]),
            _number(row["gospa_m"]),
            _number(row["anees"], 2),
        )
    return table


def _errors(score: dict[str, Any]) -> Table:
    names = ("shared", "best nation alone", "every detection in one place")
    table = _table("RMS error, m", *names)
    for name, row in _present(score).items():
        rmse = row["rmse_m"]
        cells = (rmse["shared"], rmse["best_single_nation"], rmse["centralised"])
        table.add_row(f"  {name}", *map(_number, cells))
    return table


def _sensors(rows: list[dict[str, Any]]) -> Table:
    """Estimate ± sigma of every sensor, the truth in brackets."""
    table = _table("sensor", *headings(rows))
    for row in rows:
        table.add_row(f"  {row['node']}/{row['sensor']}", *cells(row, rows))
    return table


def _words(rows: list[dict[str, Any]]) -> Table:
    """By node and environment: its error against the others', and what is made of it."""
    table = _table("node", "environment", "error of declared", "samples", "counted as", "unconfirmed")
    for row in rows:
        table.add_row(f"  {row['node']}", *shown(row))
    return table


def _contenders(score: dict[str, Any], contenders: dict[str, Any]) -> Table:
    """Ours beside others on the same reports."""
    table = _table("fusion", "shown", "tracks each", "spurious", "continuity", "RMSE m", "GOSPA m", "ANEES")
    for name, one in [("triwatch", score), *((name, found["score"]) for name, found in contenders.items())]:
        if one is None:
            table.add_row(f"  {name}", "failed")
            continue
        siap = one["siap"]
        table.add_row(
            f"  {name}",
            _percent(siap["completeness"]),
            _number(siap["ambiguity"], 3),
            _percent(siap["spuriousness"]),
            _percent(siap["continuity"]),
            _number(one["rmse_m"]["shared"]),
            _number(one["gospa_m"]),
            _number(one["anees"], 2),
        )
    return table


def _warned(warnings: list[dict[str, Any]]) -> Iterator[str]:
    """Each missile that was warned of, in sentences."""
    for warning in warnings:
        known = f" ({warning['object_id']})" if warning["object_id"] else ""
        word = warning["status"].lower().replace("_", " ")
        yield f"Missile {track_name(int(warning['track']))}{known}, last word {word}"
        told = []
        if warning["first_warning_after_launch_s"] is not None:
            told.append(f"warned of {span(warning['first_warning_after_launch_s'])} after launch")
        if warning["warned_before_impact_s"] is not None:
            told.append(f"{span(warning['warned_before_impact_s'])} before impact")
        if warning["launch_error_m"] is not None:
            told.append(f"launch {_km(warning['launch_error_m'])} km off")
        if warning["impact_error_m"] is not None:
            told.append(f"impact {_km(warning['impact_error_m'])} km off")
        if warning["impact_ellipse_95_m"]:
            major, minor = warning["impact_ellipse_95_m"]
            told.append(f"95 % within {_km(major)} x {_km(minor)} km")
        else:
            told.append("impact not known")
        told.append(f"threatened {together(warning['threatened']) or 'nobody'}")
        yield f"  {', '.join(told)}"


def _pictures(pictures: list[dict[str, Any]], own: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("  nation", no_wrap=True)
    table.add_column("tracks", justify="right")
    table.add_column("reports' digest", no_wrap=True)
    table.add_column("picture's digest", no_wrap=True)
    for picture, name in [(p, p["nation"]) for p in pictures] + [(p, f"{p['nation']}'s own") for p in own]:
        table.add_row(
            f"  {name}",
            str(picture["tracks"]),
            picture["input_digest"][:_DIGEST_SHOWN],
            picture["picture_digest"][:_DIGEST_SHOWN],
        )
    return table


def _membership(result: dict[str, Any]) -> Iterator[str]:
    """Who came, who went, and what was lost on the way."""
    for accession in result.get("accessions", []):
        for verb, moment in (("joined", accession["joined"]), ("left", accession["left"])):
            if moment is not None:
                same = "all pictures were the same" if moment["agreed"] else "the pictures DIFFERED"
                yield f"  {accession['nation']} {verb} at {moment['at_s']:,.0f} s: {same}"
    for lost in result.get("lost", []):
        still = ", ".join(f"{nation} {s:.1f}" for nation, s in sorted(lost["picture_still_s"].items()))
        after = lost["direct_after_s"]
        then = "" if after is None else f"; the others hear each other directly after {after:g} s"
        yield f"  {lost['id']} was lost at {lost['at_s']:,.0f} s: pictures stood still for, s: {still}{then}"


def _traffic(result: dict[str, Any]) -> Iterator[str]:
    reports = {name: n for name, n in result["reports"].items() if n is not None}
    if reports:
        yield "  Reports: " + ", ".join(f"{n:,} {name}" for name, n in reports.items())
    if reports.get("late"):
        yield f"  {_why_late(result)}"
    latency = result["latency_ms"]["report_to_picture"]
    if latency["p50"] is not None:
        yield f"  From a report's sending to the picture: {_quantiles(latency)}"
    by_nation = result["latency_ms"].get("by_nation", {})
    if len(by_nation) > 1:
        each = ", ".join(
            f"{nation} {delay(of['p50'])} and {delay(of['p99'])}" for nation, of in sorted(by_nation.items())
        )
        via = ", all through the hub" if result.get("topology") == "hub" else ""
        yield f"  By nation{via}, half and 99 % within: {each}"
    # recordings of before this was measured lack it
    spread = result["latency_ms"].get("first_warning_core_to_core", {}).get("max")
    if spread is not None:
        yield f"  From the first core's warning of a missile to the last one's: at most {delay(spread)}"


def _quantiles(latency: dict[str, float]) -> str:
    return (
        f"half within {delay(latency['p50'])}, 99 % within {delay(latency['p99'])},"
        f" 99.9 % within {delay(latency['p999'])}, the longest {delay(latency['max'])}"
    )


def _why_late(result: dict[str, Any]) -> str:
    """What late reports are to be put down to."""
    behind_s = result.get("behind_s_max") or 0.0
    late = count(result["reports"]["late"], "report")
    if behind_s > BEHIND_S:
        return (
            f"{late} came late because this machine was busy: the exercise fell up to {span(behind_s)} behind"
            f" its clock; a lower --speed gives it time. Late reports count as if they had been in time"
        )
    load = result.get("load_per_processor") or 0.0
    if load > BUSY_LOAD:
        return (
            f"{late} came late because this machine was busy: {load:.1f} processes waited for each processor;"
            f" late reports count as if they had been in time"
        )
    return f"{late} came after newer ones had been folded; they count as if they had been in time"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100.0 * share:.1f} %"


def _number(value: float | None, digits: int = 0) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def _km(metres: float) -> str:
    return f"{metres / 1e3:,.1f}"
