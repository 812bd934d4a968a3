"""What keys cost: signatures by size of report, CURVE by message. ``python -m benchmarks.trust``.

A signature covers a whole report, so its cost is shared by the rows; it is the receiver that pays, once for
every report of every node. CURVE is paid by message and connection, in ZeroMQ's own threads.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import zmq

from nodes import coalition
from nodes.bench.unprotected import credentials
from nodes.coalition import Member, Policy
from nodes.link import codec, topics
from nodes.link.sockets import bind_any, open_socket, seek_curve, serve_curve
from triwatch.v1 import track_pb2

ROWS = (1, 32, 100)
REPORTS_PER_S = 5_000
"""Rows a second, over all nodes, that a core is to bear."""
START_NS = 1_719_446_400_000_000_000
REPEATS = 2_000
MESSAGES = 5_000
NODE = Member(id="KOR-1", nation="KOR")


def report(rows: int, sequence: int = 1) -> track_pb2.TrackBatch:
    """A report of many aircraft with every column that the project's own nodes fill."""
    rng = np.random.default_rng(rows)
    return track_pb2.TrackBatch(
        node_id=NODE.id,
        nation=NODE.nation,
        incarnation=1,
        sequence=sequence,
        sent_time_ns=START_NS,
        exercise=True,
        local_number=range(1, rows + 1),
        valid_time_ns=[START_NS] * rows,
        state=rng.normal(0.0, 1e6, 6 * rows),
        covariance=rng.normal(0.0, 1e3, 21 * rows),
        environment=[track_pb2.ENVIRONMENT_AIR] * rows,
        status=[track_pb2.TRACK_STATUS_MAINTAINING] * rows,
        process_noise=[1.0] * rows,
        identity=[track_pb2.IDENTITY_FRIEND] * rows,
        identity_confidence=[0.9] * rows,
        quality=[12] * rows,
    )


def median_us(work: Any) -> float:
    """Median time of one call, µs."""
    taken = []
    for _ in range(REPEATS):
        begin_ns = time.perf_counter_ns()
        work()
        taken.append(time.perf_counter_ns() - begin_ns)
    return round(float(np.median(taken)) * 1e-3, 1)


def signatures(root: Path) -> list[dict[str, Any]]:
    """Cost of signing and of checking one report, and what that makes at the rate a core is to bear."""
    on = credentials(root, NODE.id, NODE.nation)
    off = credentials(root, NODE.id, NODE.nation, signatures=False)
    topic = topics.parse(topics.report("", NODE.id).encode())
    found = []
    for rows in ROWS:
        payload = report(rows).SerializeToString()
        body = codec.seal(topics.REPORT, payload, on.sign, START_NS)
        with_us = median_us(lambda body=body: codec.decode(topic, body, on))
        without_us = median_us(lambda body=body: codec.decode(topic, body, off))
        found.append(
            {
                "rows": rows,
                "bytes": len(body),
                "sign_us": median_us(
                    lambda payload=payload: on.sign(codec.DOMAIN[topics.REPORT] + payload, START_NS)
                ),
                "check_us": round(with_us - without_us, 1),
                "check_us_a_row": round((with_us - without_us) / rows, 2),
                "core_share_at_5000_rows_a_second": round(
                    (with_us - without_us) * 1e-6 * REPORTS_PER_S / rows, 4
                ),
            }
        )
    return found


def transport(root: Path, curve: bool) -> dict[str, float]:
    """One publisher and one subscriber in one process, one message under way at a time: processor time of a
    message with all threads, and time from sending to receipt."""
    keys = credentials(root, NODE.id, NODE.nation).transport
    body = report(32).SerializeToString()
    contexts = zmq.Context(), zmq.Context()
    server, client = open_socket(contexts[0], zmq.PUB), open_socket(contexts[1], zmq.SUB)
    if curve:
        serve_curve(server, keys)
        server.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 0)  # nobody stands at this gate
        seek_curve(client, credentials(root, "core-JPN", "JPN").transport, keys.public)
    client.setsockopt(zmq.SUBSCRIBE, b"")
    try:
        client.connect(bind_any(server, "127.0.0.1"))
        while not client.poll(50):
            server.send_multipart([b"topic", body])
        while client.poll(200):
            client.recv_multipart()
        waits_us, begin_s = [], time.process_time()
        for _ in range(MESSAGES):
            begin_ns = time.perf_counter_ns()
            server.send_multipart([b"topic", body])
            client.recv_multipart()
            waits_us.append((time.perf_counter_ns() - begin_ns) * 1e-3)
        cpu_s = time.process_time() - begin_s
    finally:
        server.close()
        client.close()
        for context in contexts:
            context.term()
    return {
        "bytes": len(body),
        "cpu_us": round(1e6 * cpu_s / MESSAGES, 1),
        "one_way_us_p50": round(float(np.percentile(waits_us, 50)), 1),
        "one_way_us_p99": round(float(np.percentile(waits_us, 99)), 1),
    }


def run() -> dict[str, Any]:
    """All figures."""
    with tempfile.TemporaryDirectory(prefix="triwatch-") as folder:
        root = Path(folder)
        coalition.found(root, Policy(nations=("USA", "JPN", "KOR"), nodes=(NODE,)))
        return {
            "signatures": signatures(root),
            "curve": {"off": transport(root, False), "on": transport(root, True)},
        }


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
