"""A process's state as Prometheus reads it: ``/metrics`` and ``/healthz`` from a thread of their own.

The process's loop makes the state; this thread only formats the newest one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from nodes.control import clock
from nodes.errors import BadInput
from nodes.link.liveness import Life
from nodes.operations.state import SILENT_S, CoreState, ProcessState, problems

Newest = Callable[[], ProcessState | None]


def _counter(name: str, text: str, label: str, values: dict[str, int]) -> Metric:
    family = CounterMetricFamily(name, text, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


class StateCollector(Collector):
    """The newest state of one process as metrics."""

    def __init__(self, newest: Newest) -> None:
        self._newest = newest

    def collect(self) -> Iterator[Metric]:
        """Nothing before the process has said anything."""
        state = self._newest()
        if state is None:
            return
        info = {"id": state.id, "role": state.role, "nation": state.nation, "version": state.version}
        yield InfoMetricFamily("triwatch_process", "Which process this is.", value=info)
        yield _gauge("triwatch_incarnation", "Number of this start.", state.incarnation)
        yield _gauge("triwatch_policy_version", "Newest version of the policy known.", state.policy)
        yield _gauge("triwatch_scenario_time_seconds", "Scenario time, UTC.", state.time_ns * 1e-9)
        age_s = (clock.monotonic_ns() - state.said_ns) * 1e-9
        yield _gauge("triwatch_state_age_seconds", "Wall time since the loop last said how it is.", age_s)
        yield _gauge("triwatch_problems", "Lines that triwatch status shows.", len(problems(state)))
        yield _counter("triwatch_refused", "Refused messages and peers, by reason.", "reason", state.refused)
        yield _counter(
            "triwatch_received_bytes", "Bytes of live messages, by peer.", "peer", state.received_bytes
        )
        yield _counter("triwatch_published", "Last number published, by topic.", "topic", state.published)
        silence = GaugeMetricFamily(
            "triwatch_line_silence_seconds",
            "Wall time since a peer on another machine was heard; -1: never.",
            labels=["peer"],
        )
        up = GaugeMetricFamily(
            "triwatch_line_up", f"1: heard within the last {SILENT_S:g} s.", labels=["peer"]
        )
        for peer, silent_s in sorted(state.lines.items()):
            silence.add_metric([peer], silent_s)
            up.add_metric([peer], 0 <= silent_s <= SILENT_S)
        yield silence
        yield up
        turns = CounterMetricFamily("triwatch_turns", "Turns of the process's loop.", value=state.turns)
        yield turns
        yield CounterMetricFamily("triwatch_turn_seconds", "Time spent in them.", value=state.turn_sum_s)
        yield _gauge("triwatch_turn_max_seconds", "The longest of the last half second.", state.turn_max_s)
        if state.core is not None:
            yield from _of_core(state.core)


def _of_core(core: CoreState) -> Iterator[Metric]:
    yield _gauge(
        "triwatch_final_lag_seconds", "Scenario time from FINAL to the newest report.", core.final_lag_s
    )
    yield _gauge(
        "triwatch_final_standing_seconds", "Wall time since FINAL moved, if it should.", core.final_still_s
    )
    yield _gauge("triwatch_missing", "Messages known to exist that have not come.", core.missing)
    yield CounterMetricFamily("triwatch_gaps", "Runs of missing numbers noticed.", value=core.gaps)
    yield CounterMetricFamily("triwatch_repair_requests", "Requests made for them.", value=core.requested)
    yield _gauge("triwatch_kept_bytes", "Reports kept for repair.", core.kept_bytes)
    yield _gauge("triwatch_journal_up", "0: the journal keeps nothing any more.", not core.journal_failure)
    yield _gauge("triwatch_tracks", "Tracks in the shared picture.", core.tracks)
    reports = {"folded": core.folded, "late": core.late, "duplicate": core.duplicate}
    yield _counter("triwatch_reports", "Reports, by what became of them.", "became", reports)
    yield CounterMetricFamily(
        "triwatch_digest_disagreements", "Other pictures of the same reports.", value=core.disagreements
    )
    yield _counter("triwatch_warnings", "Warnings published, by status.", "status", core.warnings)
    heard = GaugeMetricFamily(
        "triwatch_heard", "1: alive or has said goodbye; 0: silent.", labels=["role", "id"]
    )
    for role, lives in (("node", core.nodes), ("core", core.cores)):
        for name, life in sorted(lives.items()):
            heard.add_metric([role, name], life in (Life.ALIVE, Life.LEFT))
    yield heard


class MetricsServer:
    """Serves one process's ``/metrics`` and ``/healthz`` until ``close``. Raises BadInput where it cannot."""

    def __init__(self, host: str, port: int, newest: Newest) -> None:
        registry = CollectorRegistry()
        registry.register(StateCollector(newest))

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                if path == "/metrics":
                    self._send(200, CONTENT_TYPE_LATEST, generate_latest(registry))
                elif path == "/healthz":
                    code, text = health(newest())
                    self._send(code, "text/plain; charset=utf-8", text.encode())
                else:
                    self._send(404, "text/plain; charset=utf-8", b"/metrics or /healthz\n")

            def _send(self, code: int, kind: str, body: bytes) -> None:
                self.send_response(code)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Who looks is no event."""

        try:
            self._server = ThreadingHTTPServer((host, port), Handler)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise BadInput(f"--metrics {host}:{port}: {reason}; choose an address and a free port") from None
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True).start()

    def close(self) -> None:
        """Answer nobody any more."""
        self._server.shutdown()
        self._server.server_close()


def health(state: ProcessState | None) -> tuple[int, str]:
    """HTTP status and text: 503 while the process's loop does not turn. What it sees wrong elsewhere is told,
    and no reason to restart this one."""
    if state is None:
        return 503, "starting\n"
    age_s = (clock.monotonic_ns() - state.said_ns) * 1e-9
    if age_s > SILENT_S:
        return 503, f"hangs for {age_s:.0f} s\n"
    return 200, "".join(f"{line}\n" for line in ["ok", *problems(state)])
