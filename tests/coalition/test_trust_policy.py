"""The policy: what the members did not sign is none, and nothing secret lies where others can read it."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodes import coalition
from nodes.coalition import Member, Policy, signing
from nodes.coalition.chain import Document, from_documents, read, version_file
from nodes.coalition.keys import load_ring, ring_file
from nodes.errors import BadInput
from triwatch.v1 import envelope_pb2

NATIONS = ("USA", "JPN", "KOR")
NODE = Member(id="KOR-1", nation="KOR", releasable_to=NATIONS)

# RFC 8032, section 7.1: secret key, public key, message, signature
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("seed", "public", "message", "signature"), RFC_8032)
def test_signatures_are_those_of_rfc_8032(seed: str, public: str, message: str, signature: str) -> None:
    signer = signing.Signer(bytes.fromhex(seed))
    assert signer.public.hex() == public
    assert signer.sign(bytes.fromhex(message)).hex() == signature
    assert signing.verifies(signer.public, bytes.fromhex(signature), bytes.fromhex(message))


@given(st.binary(max_size=300), st.integers(0, 2**32))
def test_one_altered_bit_anywhere_is_no_signature(message: bytes, seed: int) -> None:
    signer = signing.Signer(bytes(32))
    parts = [bytearray(signer.public), bytearray(signer.sign(message)), bytearray(message)]
    assert signing.verifies(*map(bytes, parts))
    chance = random.Random(seed)
    part = chance.choice([p for p in parts if p])
    bit = chance.randrange(8 * len(part))
    if part is parts[0] and bit == 255:
        return  # RFC 8032: the sign of x; libsodium is not the one to be tested here
    part[bit // 8] ^= 1 << bit % 8
    assert not signing.verifies(*map(bytes, parts))


def made(root: Path) -> coalition.Coalition:
    return coalition.found(root, Policy(nations=NATIONS, nodes=(NODE,)))


def test_every_change_is_a_version_that_all_who_stay_have_signed(tmp_path: Path) -> None:
    first = made(tmp_path)
    held = coalition.load(tmp_path)
    coalition.add(tmp_path, ["AUS"], effective_ns=10)
    coalition.add(tmp_path, nodes=[Member(id="AUS-1", nation="AUS", releasable_to=("AUS", "USA"))])
    coalition.rotate(tmp_path, "KOR-1", 20)
    coalition.rotate(tmp_path, "USA", 30)
    coalition.remove(tmp_path, nodes=["AUS-1"], effective_ns=40)
    coalition.remove(tmp_path, ["JPN"], effective_ns=50)
    assert held.current.version == 1
    assert held.refresh()
    assert not held.refresh()
    assert held.id == first.id
    assert [p.effective_ns for p in held.versions] == [0, 10, 10, 20, 30, 40, 50]
    assert [held.at(t).version for t in (0, 9, 10, 19, 20, 49, 50, 10**18)] == [1, 1, 3, 3, 4, 6, 7, 7]
    assert held.current.nations == ("USA", "KOR", "AUS")
    assert not [k for k in held.current.keys if k.nation == "JPN" or k.owner == "AUS-1"]
    signers = [
        v.signers(l.policy if l else None) for v, l in zip(held.chain, (None, *held.chain), strict=False)
    ]
    assert signers[0] == NATIONS
    assert set(signers[1]) == {*NATIONS, "AUS"}
    assert set(signers[6]) >= {"USA", "KOR", "AUS"}
    assert coalition.load(tmp_path).versions == held.versions
    documents = [version.document for version in held.chain]
    assert from_documents(documents, "a recording").versions == held.versions


def test_a_version_that_a_member_did_not_sign_is_none(tmp_path: Path) -> None:
    held = made(tmp_path)
    away = ring_file(tmp_path, "JPN", "JPN")
    away.rename(tmp_path / "elsewhere")
    with pytest.raises(BadInput, match="not signed by JPN"):
        coalition.add(tmp_path, ["AUS"])
    ring_file(tmp_path, "USA", "USA").rename(tmp_path / "usa")
    with pytest.raises(BadInput, match="more than half"):
        coalition.remove(tmp_path, ["USA", "JPN"])  # Korea alone makes no coalition of itself
    assert not held.refresh()


def test_members_that_keep_their_keys_apart_sign_one_after_the_other(tmp_path: Path) -> None:
    held = made(tmp_path / "here")
    away = ring_file(tmp_path / "here", "JPN", "JPN")
    away.rename(tmp_path / "elsewhere")
    with pytest.raises(BadInput, match="triwatch coalition sign"):
        coalition.add(tmp_path / "here", ["AUS"])
    with pytest.raises(BadInput, match="not signed by JPN"):
        coalition.sign(tmp_path / "here")
    assert not held.refresh()
    (tmp_path / "elsewhere").rename(away)
    assert set(coalition.sign(tmp_path / "here").chain[-1].signers(held.current)) == {*NATIONS, "AUS"}
    assert held.refresh()
    assert coalition.of_process(tmp_path / "here", "core-AUS", "AUS")
    with pytest.raises(BadInput, match="no version waits"):
        coalition.sign(tmp_path / "here")


def documents(folder: Path) -> list[Document]:
    made(folder)
    coalition.add(folder, ["AUS"])
    return [read(version_file(folder, n)) for n in (1, 2)]


def swapped(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


def test_what_is_altered_is_refused(tmp_path: Path) -> None:
    first, second = documents(tmp_path / "a")
    other = documents(tmp_path / "b")
    assert len(from_documents([first, second], "x").chain) == 2
    wrong: list[list[Document]] = [
        [second],
        [first, first],
        [first, other[1]],
        [other[0], second],
        [first, msgspec.structs.replace(second, signatures=second.signatures[1:])],
        [first, msgspec.structs.replace(second, signatures=other[1].signatures)],
        [msgspec.structs.replace(first, signed=swapped(first.signed, '"KOR-1"', '"KOR-2"')), second],
        [
            first,
            msgspec.structs.replace(
                second, signed=swapped(second.signed, '"effective_ns":0', '"effective_ns":1')
            ),
        ],
        [first, msgspec.structs.replace(second, signed=second.signed + " ")],
    ]
    for chain in wrong:
        with pytest.raises(BadInput):
            from_documents(chain, "x")


@given(st.integers(0, 2**32))
def test_no_altered_byte_of_a_version_is_believed(seed: int) -> None:
    file = version_file(_once(), 1)
    data = bytearray(file.read_bytes())
    chance = random.Random(seed)
    data[chance.randrange(len(data))] = chance.randrange(256)
    try:
        document = msgspec.json.decode(bytes(data), type=Document)
        version = from_documents([document], "x").chain[0]
    except (BadInput, msgspec.MsgspecError, UnicodeDecodeError):
        return
    assert version.document.signed == read(file).signed


_MADE: list[Path] = []


def _once() -> Path:
    return _MADE[0]


@pytest.fixture(autouse=True, scope="module")
def _coalition(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("policy")
    made(folder)
    _MADE.append(folder)


def test_keys_lie_where_nobody_else_can_read_them(tmp_path: Path) -> None:
    made(tmp_path)
    for path in (tmp_path / "keys").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
    for path, mode in ((ring_file(tmp_path, "KOR", "KOR-1"), 0o640), (tmp_path / "keys" / "KOR", 0o711)):
        before = path.stat().st_mode
        path.chmod(mode)
        with pytest.raises(BadInput, match="run: chmod") as caught:
            load_ring(tmp_path, "KOR", "KOR-1")
        assert str(path) in str(caught.value)
        path.chmod(before)
    ring = load_ring(tmp_path, "KOR", "KOR-1")
    text = ring_file(tmp_path, "KOR", "KOR-1").read_text()
    ring_file(tmp_path, "KOR", "KOR-1").write_text(text[:-30])
    with pytest.raises(BadInput) as caught:
        load_ring(tmp_path, "KOR", "KOR-1")
    assert not any(secret[:8] in str(caught.value) for secret in (*ring.signing, *ring.transport))
    assert not any(
        secret[:8] in repr(ring) + repr(ring.signers()) + repr(ring.pairs()) for secret in ring.signing
    )


def test_keys_of_another_coalition_are_not_used(tmp_path: Path) -> None:
    made(tmp_path / "a")
    made(tmp_path / "b")
    for n in (1,):
        version_file(tmp_path / "a", n).write_bytes(version_file(tmp_path / "b", n).read_bytes())
    with pytest.raises(BadInput, match="another coalition"):
        coalition.of_process(tmp_path / "a", "KOR-1", "KOR")


def test_only_an_exercise_has_a_key_that_reads_everything(tmp_path: Path) -> None:
    made(tmp_path / "real")
    assert not [k for k in coalition.load(tmp_path / "real").current.keys if k.role == "control"]
    with pytest.raises(BadInput, match="--nation"):
        coalition.of_reader(tmp_path / "real")
    exercise = coalition.found(tmp_path / "exercise", Policy(nations=NATIONS), exercise=True)
    assert [k.use for k in exercise.current.keys if k.role == "control"] == ["connect"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "nodes.cli", "coalition", *arguments]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.processes
def test_the_commands_keep_the_policy(tmp_path: Path) -> None:
    root = str(tmp_path / "here")

    def told(*arguments: str) -> Any:
        ran = run(*arguments, "--json", "-")
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    told("init", root, "--nations", "USA,JPN")
    added = told(
        "add", root, "--nations", "KOR", "--node", "X-1", "--of", "KOR", "--at", "2026-11-22T09:30:00"
    )
    assert added["signed_by"] == ["USA", "JPN", "KOR"]
    assert added["effective_ns"] == 1_795_339_800 * 10**9
    told("rotate", root, "X-1")
    (key,) = [
        k for k in told("show", root)["versions"][-1]["keys"] if (k["owner"], k["use"]) == ("X-1", "sign")
    ]
    told("revoke", root, key["id"])
    clockless = run("rotate", root, "X-1")
    assert clockless.returncode == 0
    assert clockless.stderr.startswith(f"No exercise's clock runs in {root}")
    assert clockless.stderr.count("\n") == 1
    assert "--at" in clockless.stderr
    assert run("rotate", root, "X-1", "--at", "2026-11-22T10:30:00").stderr == ""
    told("remove", root, "--node", "X-1")
    shown = told("show", root)
    assert [v["version"] for v in shown["versions"]] == [1, 2, 3, 4, 5, 6, 7]
    assert all(v["signed_by"] for v in shown["versions"])
    assert shown["refused"] == 0
    assert shown["versions"][-1]["nodes"] == []
    words = run("show", root).stdout
    assert "signed by USA, JPN, KOR" in words
    for wrong, why in (
        (["add", root], "--nations"),
        (["add", root, "--node", "Y"], "--of"),
        (["add", root, "--nations", "USA"], "already"),
        (["remove", root, "--nations", "AUS"], "no member"),
        (["rotate", root, "nobody"], "no keys"),
        (["revoke", root, "0" * 16], "not in the policy"),
        (["remove", root, "--node", "X-1"], "not in the coalition's policy"),
        (["add", root, "--nations", "AUS", "--at", "soon"], "not a time"),
    ):
        ran = run(*wrong)
        assert ran.returncode == 2, wrong
        assert ran.stderr.startswith("triwatch: ")
        assert ran.stderr.count("\n") == 1
        assert why in ran.stderr


def test_the_pages_example_is_right(repo: Path) -> None:
    page = (repo / "proto" / "README.md").read_text(encoding="utf-8")
    body = bytes.fromhex((repo / "tests" / "vectors" / "valid" / "envelope.hex").read_text())
    payload = envelope_pb2.Envelope.FromString(body).payload
    signer = signing.Signer(bytes(range(32)))
    signature = signer.sign(b"triwatch.v1.TrackBatch\x00" + payload).hex()
    for figure in (
        signer.public.hex(),
        signer.key_id,
        signature[:64],
        signature[64:],
        f"{len(payload)} bytes",
    ):
        assert figure in page
