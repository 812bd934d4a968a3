"""The scorecard that a person understands: the result of a demo, a replay or a score in words and tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TextIO

from rich import box
from rich.console import Console
from rich.table import Table

WIDTH_PLAIN = 110
"""Columns where the output is no terminal."""
_DIGEST_SHOWN = 12


def print_scorecard(result: dict[str, Any], out: TextIO) -> None:
    """Write the scorecard of a result of `nodes.scoring.recording.score_recording` to ``out``.

    Colours and lines only on a terminal; plain text everywhere else.
    """
    tty = out.isatty()
    console = Console(file=out, width=None if tty else WIDTH_PLAIN, highlight=False, no_color=not tty)
    for part in _parts(result, box.SIMPLE_HEAD if tty else None):
        console.print(part, soft_wrap=isinstance(part, str))


def _parts(result: dict[str, Any], lines: box.Box | None) -> Iterator[str | Table]:
    duration = result["duration_s"]
    yield (
        f"[bold]{result['scenario'] or 'Recording'}[/]"
        + (f", {duration:,.0f} s" if duration is not None else "")
        + (f", seed {result['seed']}" if result["seed"] is not None else "")
    )
    score = result["score"]
    if score is None:
        yield "The recording has no truth: there is nothing to score against."
    else:
        for sentence in sentences(score):
            yield f"  {sentence}"
        yield ""
        yield _environments(score, lines)
    if result["warnings"]:
        yield ""
        yield _warnings(result["warnings"], lines)
    if score is not None and score["missiles"]["launched"]:
        missiles = score["missiles"]
        said = f"  Of {_count(missiles['launched'], 'missile')} {missiles['warned']} warned of"
        false = missiles["false_warnings"]
        yield said + (f"; {_count(false, 'warning')} without a missile" if false else "; no false warning")
    if result["pictures"]:
        yield ""
        own = result.get("national_pictures", [])
        yield _pictures(result["pictures"], own, lines)
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
    rmse = score["rmse_m"]
    if rmse["shared"] is not None:
        central = f", with all detections in one place {_number(rmse['centralised'])} m"
        yield (
            f"RMSE of the shared picture {_number(rmse['shared'])} m, of the best nation alone"
            f" {_number(rmse['best_single_nation'])} m{central if rmse['centralised'] else ''}"
        )
    if score["anees"] is not None:
        low, high = score["anees_interval_95"]
        mood = "too sure of themselves" if score["anees"] > high else "too cautious"
        if low <= score["anees"] <= high:
            mood = "consistent"
        said = f"ANEES {score['anees']:.2f}, where {low:.2f} to {high:.2f} is consistent"
        yield f"Covariances are {mood}: {said}"


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


def _environments(score: dict[str, Any], lines: box.Box | None) -> Table:
    table = Table(box=lines, pad_edge=False)
    table.add_column("  environment")
    for name in (
        "objects",
        "shown",
        "tracks each",
        "spurious",
        "off m",
        "RMSE shared",
        "alone",
        "central",
        "GOSPA m",
        "ANEES",
    ):
        table.add_column(name, justify="right")
    present = {name: row for name, row in score["by_environment"].items() if row["objects"]}
    rows = {"all": score} | present
    for name, row in rows.items():
        siap, rmse = row["siap"], row["rmse_m"]
        table.add_row(
            f"  {name.lower()}",
            str(row["objects"]),
            _percent(siap["completeness"]),
            _number(siap["ambiguity"], 3),
            _percent(siap["spuriousness"]),
            _number(siap["positional_accuracy_m"]),
            _number(rmse["shared"]),
            _number(rmse["best_single_nation"]),
            _number(rmse["centralised"]),
            _number(row["gospa_m"]),
            _number(row["anees"], 2),
        )
    return table


def _warnings(warnings: list[dict[str, Any]], lines: box.Box | None) -> Table:
    table = Table(box=lines, pad_edge=False)
    table.add_column("  missile track")
    for name in ("warned after s", "before impact s", "launch off km", "impact off km", "95 % ellipse km"):
        table.add_column(name, justify="right")
    table.add_column("threatened")
    table.add_column("last word")
    for warning in warnings:
        ellipse = warning["impact_ellipse_95_m"]
        table.add_row(
            f"  {warning['track']}" + (f" ({warning['object_id']})" if warning["object_id"] else ""),
            _number(warning["first_warning_after_launch_s"]),
            _number(warning["warned_before_impact_s"]),
            _number(_km(warning["launch_error_m"]), 1),
            _number(_km(warning["impact_error_m"]), 1),
            f"{ellipse[0] / 1e3:.1f} x {ellipse[1] / 1e3:.1f}" if ellipse else "not known",
            " ".join(warning["threatened"]) or "nobody",
            warning["status"].lower().replace("_", " "),
        )
    return table


def _pictures(pictures: list[dict[str, Any]], own: list[dict[str, Any]], lines: box.Box | None) -> Table:
    table = Table(box=lines, pad_edge=False)
    table.add_column("  nation")
    table.add_column("tracks", justify="right")
    table.add_column("reports' digest")
    table.add_column("picture's digest")
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
    reports = {name: count for name, count in result["reports"].items() if count is not None}
    if reports:
        yield "  Reports: " + ", ".join(f"{count:,} {name}" for name, count in reports.items())
    latency = result["latency_ms"]["report_to_picture"]
    if latency["p50"] is not None:
        quantiles = ", ".join(f"{name} {latency[name]:.1f}" for name in ("p50", "p99", "p999", "max"))
        yield f"  From a report's sending to the picture, ms: {quantiles}"
    by_nation = result["latency_ms"].get("by_nation", {})
    if len(by_nation) > 1:
        each = ", ".join(
            f"{nation} {of['p50']:.1f} / {of['p99']:.1f}" for nation, of in sorted(by_nation.items())
        )
        via = ", all through the hub" if result.get("topology") == "hub" else ""
        yield f"  By nation, p50 / p99{via}: {each}"
    # recordings of before this was measured lack it
    spread = result["latency_ms"].get("first_warning_core_to_core", {}).get("max")
    if spread is not None:
        yield f"  From the first core's warning of a missile to the last one's, ms: at most {spread:.1f}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100.0 * share:.1f} %"


def _number(value: float | None, digits: int = 0) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def _km(metres: float | None) -> float | None:
    return None if metres is None else metres / 1e3


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" + ("" if n == 1 else "s")
