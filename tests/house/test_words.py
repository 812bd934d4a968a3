"""Every string that a person sees: no nanoseconds, no abbreviation and no word of the house unexplained."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from fusion.utc import utc_text
from seen_strings import REPO, Seen, seen_strings

STRINGS = seen_strings()
GLOSSARY = (REPO / "docs" / "glossary.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([^|]+) \|", GLOSSARY, re.MULTILINE)
TERMS = {term for row in ROWS for term in re.split(", |-(?=8)", row)}
LOUD = {"ALL", "ALERT", "CANCEL", "CANCELLED", "CLEAR", "DIFFERED", "DIFFERENT", "EXERCISE", "HOSTILE", "NOT",
        "REFUSED", "UPDATE"}  # fmt: skip
"""Plain words, said loudly."""
FILLED_IN = {"CODE", "DIR", "FILE", "HOST", "ID", "KEY", "NAME", "OUT", "PART", "PORT"}
"""What the user is to write in their place."""
GIVEN = {"SIGHUP", "SIGINT", "SIGTERM"} | {"USA", "JPN", "KOR"}
"""Names of signals, and of nations in examples."""
MARKED = {"nodes/gateways/cap.py"}
"""Its texts are laid down: by CAP, and by STANAG 4774 for whom a message is released to."""

HOUSE = (
    "tracklet", "watermark", "incarnation", "punctuation", "fold", "digest", "core", "node", "coalition",
    "heartbeat", "policy", "hub", "mesh", "picture", "contributor", "equivocation", "admission", "lineage",
    "rival", "coasting", "commonality", "completeness", "spurious", "ambiguity", "gate", "scan", "detection",
    "trigraph", "FINAL",
)  # fmt: skip
"""Words that mean something of their own here: each that is used is in the glossary."""
POETIC = (
    "afloat", "leash", "outlet", "let go", "takes? back", "came to know", "in the wild", "spoke of",
    "word of mouth", "behaviours?", "roadstead", "doubts?", "weighed", "afterlife",
)  # fmt: skip
"""Words that this project once had for things that the field has plain names for."""


def nanoseconds(seen: Seen) -> Iterator[str]:
    if re.search(r"\{\} ?ns\b|\bnanoseconds?\b", seen.text) and "_ns" not in seen.text:
        yield "nanoseconds"
    # a column's own name before its value is the contract's; any other bare count is no time for people
    yield from (
        f for f in seen.filled if re.fullmatch(r"[\w.\[\]']*_ns", f) and "time_ns {}" not in seen.text
    )


def abbreviations(seen: Seen) -> Iterator[str]:
    if seen.where.split(":")[0] in MARKED:
        return
    known = TERMS | LOUD | FILLED_IN | GIVEN
    bare = re.sub(r"\{\}|\S*[@=/]\S*|\S+\.(toml|mcap)", " ", seen.text)
    for word in re.findall(r"(?<![-\w.])[A-Z][A-Z0-9]+(?![-\w])|\bp\d{2,3}\b", bare):
        if word not in known:
            yield word


def house_words(seen: Seen) -> Iterator[str]:
    explained = " ".join(TERMS).lower()
    for word in HOUSE:
        if re.search(rf"\b{word}", seen.text, re.IGNORECASE) and word.lower() not in explained:
            yield word
    for word in POETIC:
        if re.search(rf"\b{word}\b", seen.text, re.IGNORECASE) and not seen.where.startswith(
            "nodes/constants"
        ):
            yield word


@pytest.mark.parametrize("check", [nanoseconds, abbreviations, house_words])
def test_every_string_that_a_person_sees(check: Callable[[Seen], Iterator[str]]) -> None:
    wrong = [f"{seen.where}: {word}: {seen.text!r}" for seen in STRINGS for word in check(seen)]
    assert not wrong, "\n".join(["say it plainly, or explain it in docs/glossary.md:", *wrong])


def test_the_strings_are_there() -> None:
    """One of each kind: a command's help, an option's, an error, the terminal, the scorecard, the page."""
    texts = [seen.text for seen in STRINGS]
    assert len(texts) > 800
    for part in (
        "List the built-in scenarios, one line each",
        "Keep the recording.",
        "no such scenario file, and not one of the built-in ones",
        " No missile warnings",
        "All nations hold the same reports and show the same picture, to the bit",
        "The exercise has ended. What is shown is its last moment.",
        "All environments",
        "All identities",
        "Clear selection, then filters",
        "could still reach {}",
        "{} s later than x{} asks; the machine is busy",
        "removed {}",
    ):
        assert any(part in text for text in texts), part


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        (Seen("a.py:1", "valid at {} ns", ("time_ns",)), ["nanoseconds", "time_ns"]),
        (Seen("a.py:1", "due {}", ("row.time_ns",)), ["row.time_ns"]),
        (Seen("a.py:1", "due {}", ("clock_time(row.time_ns)",)), []),
        (Seen("a.py:1", "the SNAFU of {}"), ["SNAFU"]),
        (Seen("a.py:1", "latency p99 {}"), ["p99"]),
        (Seen("a.py:1", "give --nation CODE, as in core-USA@120"), []),
        (Seen("a.py:1", "the roadstead is full"), ["roadstead"]),
    ],
)
def test_what_is_wrong_is_noticed(seen: Seen, found: list[str]) -> None:
    assert [word for check in (nanoseconds, abbreviations, house_words) for word in check(seen)] == found


def test_times_for_people() -> None:
    assert utc_text(1_719_446_463_250_999_999) == "2024-06-27T00:01:03.250Z"
    assert utc_text(0) == "1970-01-01T00:00:00.000Z"
    assert utc_text(2**70).endswith(" s")
