"""Section 14 of proto/README.md: its bytes are what it says they are, and a core folds what its code says."""

import json
import re
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

import stranger
import wire_reader
from stranger import StrangeReader

VALID_NS = 1_719_446_431_000_000_000
PATIENCE_S = 60.0


def section(repo: Path) -> str:
    page = (repo / "proto/README.md").read_text(encoding="utf-8")
    return page[page.index("## 14") : page.index("## 15")]


def blocks(repo: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", section(repo), re.MULTILINE | re.DOTALL)


def octets(lines: str) -> bytes:
    """The bytes that stand at the left of each line."""
    return bytes.fromhex("".join("".join(re.findall(r"^ *((?:[0-9a-f]{2}(?: |$))+)", lines, re.MULTILINE))))


def test_its_heartbeat_and_its_request_are_what_it_says(repo: Path) -> None:
    plain = blocks(repo, "")
    heartbeat = next(block for block in plain if "low_watermark_ns" in block)
    data = octets(heartbeat)
    assert f"{len(data)} bytes of payload" in section(repo)
    assert wire_reader.read("NodeStatus", data) == {
        "node_id": "KOR-1",
        "nation": "KOR",
        "incarnation": 1,
        "state": 1,
        "time_ns": VALID_NS,
        "punctuation": [{"stream": "JPN-KOR-USA", "last_sequence": 1, "low_watermark_ns": VALID_NS}],
    }
    asked, answered = next(
        block for block in plain if "RepairReply" in block or "missing (3)" in block
    ).split("\n\n")
    request = wire_reader.read("Request", octets(asked))
    missing = [{"first": 1, "last": 1}]
    topic = "report/JPN-KOR-USA/KOR-1"
    assert request == {"id": 41, "repair": {"topic": topic, "incarnation": 1, "missing": missing}}
    body = bytes.fromhex((repo / "tests/vectors/valid/envelope.hex").read_text(encoding="ascii"))
    message = stranger.number(1, 1) + stranger.block(2, body)
    repair = stranger.block(1, topic.encode()) + stranger.number(2, 1) + stranger.block(3, message)
    reply = stranger.number(1, 41) + stranger.block(3, repair + stranger.number(4, 1))
    for begins in (octets(line) for line in answered.splitlines() if "..." not in line):
        assert begins in reply
    assert octets(answered.splitlines()[1]) == reply[2:5]


PREFIX = f"""
import sys
sys.path[:0] = {{path!r}}
from stranger import block, doubles, moment, number, numbers

def head(field):
    return block(1, b"KOR-1") + block(2, b"KOR") + number(3, 1) + number(4, 1)

def status_bytes():
    return head(4) + moment(5, {VALID_NS}) + block(6, number(2, 1) + moment(3, {VALID_NS}))

def batch_bytes():
    triangle = [4096.0 if r == c < 3 else 256.0 if r == c else 0.0 for r in range(6) for c in range(r + 1)]
    state = [-3183417.5, 4105224.25, 3689011.125, 812.5, -401.25, 1530.75]
    return (head(4) + moment(6, {VALID_NS}) + numbers(16, [7]) + block(17, {struct.pack("<Q", VALID_NS)!r})
        + doubles(18, state) + doubles(19, triangle) + numbers(20, [2]) + numbers(21, [1]))
"""
"""The two functions that the page leaves to the reader."""

LIVE = 'publisher.send_multipart([b"report//KOR-1", report])\n'


@pytest.mark.processes
@pytest.mark.parametrize("lost", [False, True], ids=["live", "lost and asked for"])
def test_its_code_is_a_node(repo: Path, tmp_path: Path, lost: bool) -> None:
    root = tmp_path / "coalition"
    for arguments in (
        ["init", root, "--nations", "JPN,KOR"],
        ["add", root, "--node", "KOR-1", "--of", "KOR"],
    ):
        command = [sys.executable, "-m", "nodes.cli", "coalition", *map(str, arguments)]
        subprocess.run(command, check=True, capture_output=True)
    (code,) = blocks(repo, "python")
    assert code.count(LIVE) == 1
    example = PREFIX.format(path=[str(repo / "tests/kits")]) + (code.replace(LIVE, "") if lost else code)
    core = subprocess.Popen(
        [sys.executable, "-m", "nodes.cli", "core", "--nation", "JPN", "--coalition", str(root)],
        stderr=subprocess.DEVNULL,
    )
    node = subprocess.Popen([sys.executable, "-c", example], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    try:
        entry = root / "endpoints/core-JPN.json"
        deadline = time.monotonic() + PATIENCE_S
        while not entry.exists():
            assert time.monotonic() < deadline, "no core"
            time.sleep(0.05)
        reader = StrangeReader(root, json.loads(entry.read_text(encoding="ascii")))
        reader.begin(10_000)
        while reader.head.get("final_time_ns") != VALID_NS:
            assert node.poll() is None, node.stderr and node.stderr.read()
            assert time.monotonic() < deadline, reader.head
            time.sleep(0.1)
            reader.begin(10_000)
        assert [row["contributors"] for row in reader.rows.values()] == [["KOR-1"]]
        reader.close()
    finally:
        for process in (node, core):
            process.kill()
            process.wait()
