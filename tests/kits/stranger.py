"""A participant written from proto/README.md alone: it knows ZeroMQ, Ed25519 and bytes, and no line of the
project.

It plays one node (reports, heartbeats, repair on request) and one reader (snapshot, then deltas).
"""

from __future__ import annotations

import fcntl
import json
import os
import struct
from hashlib import sha256
from pathlib import Path
from typing import Any

import zmq
from nacl.public import PrivateKey
from nacl.signing import SigningKey, VerifyKey
from zmq.auth.thread import ThreadAuthenticator
from zmq.utils import z85

import wire_reader


def varint(value: int) -> bytes:
    """Base 128, least significant group first."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def moment(field: int, time_ns: int) -> bytes:
    return varint(field << 3 | 1) + struct.pack("<Q", time_ns)


def block(field: int, content: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(content)) + content


def doubles(field: int, values: list[float]) -> bytes:
    return block(field, struct.pack(f"<{len(values)}d", *values))


def numbers(field: int, values: list[int]) -> bytes:
    return block(field, b"".join(varint(v) for v in values))


class StrangePolicy:
    """The policy's newest version, believed after every version's signatures; and this process's keys."""

    def __init__(self, root: Path, nation: str, process_id: str) -> None:
        self.members: dict[str, Any] = {"nations": [], "keys": []}
        last = ""
        for file in sorted((root / "policy").glob("??????.json")):
            document = json.loads(file.read_text(encoding="utf-8"))
            signed = document["signed"].encode()
            policy = json.loads(signed)
            old = self.members["nations"]
            keys = [k for k in self.members["keys"] if k["role"] == "nation"]
            keys += [k for k in policy["keys"] if k["role"] == "nation" and k["nation"] not in old]
            signers = set()
            for one in document["signatures"]:
                for key in (k for k in keys if k["id"] == one["key"]):
                    verify = VerifyKey(bytes.fromhex(key["public"]))
                    verify.verify(b"triwatch.v1.Policy\0" + signed, bytes.fromhex(one["signature"]))
                    signers.add(key["nation"])
            assert policy["previous"] == last
            assert signers >= set(policy["nations"])
            assert not old or 2 * len(signers & set(old)) > len(old)
            self.members, last = policy, sha256(signed).hexdigest()
        ring = json.loads((root / "keys" / nation / f"{process_id}.json").read_text(encoding="utf-8"))
        self.secret = PrivateKey(bytes.fromhex(ring["transport"][-1]))
        self.signing = [SigningKey(bytes.fromhex(seed)) for seed in ring["signing"]]

    def connects(self, owner: str | None = None) -> set[bytes]:
        """The CURVE keys of a process, or of everybody."""
        keys = (k for k in self.members["keys"] if k["use"] == "connect")
        return {bytes.fromhex(k["public"]) for k in keys if owner in (None, k["owner"])}

    def serve(self, socket: zmq.Socket[bytes]) -> str:
        """Bind a CURVE server; where."""
        socket.curve_server = True
        socket.curve_secretkey = bytes(self.secret)
        socket.zap_domain = b"stranger"
        socket.bind("tcp://127.0.0.1:*")
        return socket.get_string(zmq.LAST_ENDPOINT)

    def connect(self, socket: zmq.Socket[bytes], entry: dict[str, Any], address: str) -> None:
        """Connect to the process of an entry, if the key it names is its own by the policy."""
        assert bytes.fromhex(entry["curve"]) in self.connects(entry["id"])
        socket.curve_serverkey = bytes.fromhex(entry["curve"])
        socket.curve_publickey, socket.curve_secretkey = bytes(self.secret.public_key), bytes(self.secret)
        socket.connect(address)

    def envelope(self, kind: bytes, payload: bytes) -> bytes:
        """The payload, signed."""
        signature = self.signing[-1].sign(b"triwatch.v1." + kind + b"\0" + payload).signature
        key_id = sha256(bytes(self.signing[-1].verify_key)).hexdigest()[:16]
        return block(1, key_id.encode()) + block(2, signature) + block(3, payload)


class StrangeNode:
    """Publishes what it is told to, keeps it, and gives it again to whoever asks."""

    def __init__(self, root: Path, node_id: str, nation: str, stream: str) -> None:
        self.node_id, self.nation, self.stream = node_id, nation, stream
        self.topic = f"report/{stream}/{node_id}"
        self.kept: dict[int, bytes] = {}
        self.asked = 0
        self._policy = StrangePolicy(root, nation, node_id)
        self._context = zmq.Context()
        self._gate = ThreadAuthenticator(self._context)
        self._gate.start()
        self._gate.configure_curve_callback("stranger", credentials_provider=self)
        self._publisher = self._context.socket(zmq.PUB)
        self._requests = self._context.socket(zmq.ROUTER)
        entry = {
            "id": node_id,
            "role": "node",
            "nation": nation,
            "pid": os.getpid(),
            "pub": self._policy.serve(self._publisher),
            "request": self._policy.serve(self._requests),
            "curve": bytes(self._policy.secret.public_key).hex(),
        }
        folder = root / "endpoints"
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = (folder / f"{node_id}.lock").open("ab")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        (folder / f".{node_id}").write_text(json.dumps(entry), encoding="ascii")
        (folder / f".{node_id}").replace(folder / f"{node_id}.json")

    def callback(self, domain: str, key: bytes) -> bool:
        """Whether a peer with this key may connect."""
        return z85.decode(key) in self._policy.connects()

    def report(self, sequence: int, time_ns: int, state: list[float], live: bool = True) -> None:
        """One track's report; ``live`` false: kept only, as if the net had lost it."""
        covariance = [0.0] * 21
        for axis in range(6):
            covariance[axis * (axis + 1) // 2 + axis] = 900.0 if axis < 3 else 25.0
        batch = (
            block(1, self.node_id.encode())
            + block(2, self.nation.encode())
            + number(3, 1)
            + number(4, sequence)
            + block(5, self.stream.encode())
            + moment(6, time_ns)
            + number(8, 1)
            + numbers(16, [7])
            + block(17, struct.pack("<Q", time_ns))
            + doubles(18, state)
            + doubles(19, covariance)
            + numbers(20, [1])
            + numbers(21, [2])
            + doubles(22, [1.0])
        )
        self.kept[sequence] = self._policy.envelope(b"TrackBatch", batch)
        if live:
            self._publisher.send_multipart([self.topic.encode(), self.kept[sequence]])

    def heartbeat(self, last_sequence: int, time_ns: int, leaving: bool = False) -> None:
        """NodeStatus with the punctuation of the one stream."""
        punctuation = block(1, self.stream.encode()) + number(2, last_sequence) + moment(3, time_ns)
        status = (
            block(1, self.node_id.encode())
            + block(2, self.nation.encode())
            + number(3, 1)
            + number(4, 2 if leaving else 1)
            + moment(5, time_ns)
            + block(6, punctuation)
        )
        topic = f"status/{self.stream}/{self.node_id}".encode()
        self._publisher.send_multipart([topic, self._policy.envelope(b"NodeStatus", status)])

    def serve(self, timeout_ms: int) -> None:
        """Answer one request for repair, if one comes."""
        if not self._requests.poll(timeout_ms):
            return
        peer, body = self._requests.recv_multipart()
        request = wire_reader.read("Request", body)
        wanted = request["repair"]
        assert wanted["topic"] == self.topic
        reply = block(1, self.topic.encode()) + number(2, 1)
        for gap in wanted["missing"]:
            for sequence in range(gap["first"], gap["last"] + 1):
                if sequence in self.kept:
                    self.asked += 1
                    reply += block(3, number(1, sequence) + block(2, self.kept[sequence]))
        reply += number(4, 1)
        self._requests.send_multipart([peer, number(1, request["id"]) + block(3, reply)])

    def close(self) -> None:
        self._gate.stop()
        self._context.destroy(linger=0)


class StrangeReader:
    """Follows one nation's picture: the steps of proto/README.md, section 9."""

    def __init__(self, root: Path, entry: dict[str, Any]) -> None:
        self.nation = entry["nation"]
        policy = StrangePolicy(root, self.nation, f"reader-{self.nation}")
        self.rows: dict[int, dict[str, Any]] = {}
        self.head: dict[str, Any] = {}
        self._early: list[dict[str, Any]] = []
        self._context = zmq.Context()
        self._live = self._context.socket(zmq.SUB)
        self._live.setsockopt(zmq.SUBSCRIBE, f"picture/{self.nation}".encode())
        policy.connect(self._live, entry, entry["pub"])
        self._ask = self._context.socket(zmq.DEALER)
        policy.connect(self._ask, entry, entry["request"])

    def begin(self, timeout_ms: int) -> None:
        """Ask for a snapshot and start from it."""
        self._ask.send(number(1, 9) + block(3, block(1, self.nation.encode())))
        assert self._ask.poll(timeout_ms), "no reply"
        reply = wire_reader.read("Reply", self._ask.recv())
        assert reply["id"] == 9
        assert not reply.get("refusal")
        self._apply(wire_reader.read("PictureUpdate", reply["snapshot"]["picture"]))

    def follow(self, timeout_ms: int) -> bool:
        """Apply the next live update; False where none came. A gap or a restart is a failure here."""
        if not self._live.poll(timeout_ms):
            return False
        topic, body, *_ = self._live.recv_multipart()
        assert topic.decode() == f"picture/{self.nation}"
        update = wire_reader.read("PictureUpdate", body)
        if update["sequence"] > self.head.get("sequence", 0):
            assert update["incarnation"] == self.head["incarnation"]
            assert update["sequence"] == self.head.get("sequence", 0) + 1
            self._apply(update)
        return True

    def _apply(self, update: dict[str, Any]) -> None:
        if update["kind"] == 1:
            self.rows.clear()
        for gone in update.get("removed", []):
            self.rows.pop(gone, None)
        nodes, used = update.get("node_id", []), 0
        for i, track in enumerate(update.get("number", [])):
            count = update["contributor_count"][i]
            self.rows[track] = {
                "time_ns": update["track_time_ns"][i],
                "state": update["state"][6 * i : 6 * i + 6],
                "environment": update["environment"][i],
                "contributors": [nodes[k] for k in update["contributors"][used : used + count]],
            }
            used += count
        self.head = {k: v for k, v in update.items() if not isinstance(v, list)}

    def close(self) -> None:
        self._context.destroy(linger=0)
