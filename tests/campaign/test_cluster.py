"""A Dask cluster as the place where cases run gives the rows of the pool here."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import demo_kit
import hosts
from campaign_kit import campaign, lines, start

pytestmark = [pytest.mark.slow, pytest.mark.processes]


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A scheduler with two workers, each a process: its address, and the process."""
    contact = tmp_path / "scheduler.json"
    options = ["--no-dashboard", "--scheduler-file", str(contact)]
    options += ["--host", "127.0.0.1"]
    own = [sys.executable, "-m", "distributed.cli.dask_scheduler", *options, "--port", "0"]
    one = [
        sys.executable,
        "-m",
        "distributed.cli.dask_worker",
        *options,
        "--nworkers",
        "1",
        "--nthreads",
        "1",
    ]
    one += ["--local-directory", str(tmp_path)]
    started = [subprocess.Popen(own, stderr=subprocess.DEVNULL)]
    demo_kit.wait_for(contact.exists, 60.0)
    started += [subprocess.Popen(one, stderr=subprocess.DEVNULL) for _ in range(2)]
    try:
        from distributed import Client

        with Client(scheduler_file=str(contact), set_as_default=False, timeout=60) as client:
            client.wait_for_workers(2, timeout=60)
            address = client.scheduler.address
        yield address, started[0]
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(30)


def test_two_workers_of_a_cluster_give_the_same_table(
    scheduler: tuple[str, subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    path = campaign(tmp_path / "study", "seeds = 6")
    assert start(path, tmp_path / "cluster", "--scheduler", scheduler[0]).wait(240) == 0
    assert start(path, tmp_path / "here", "--workers", "1").wait(240) == 0
    tables = [(tmp_path / name / "runs.parquet").read_bytes() for name in ("here", "cluster")]
    assert tables[0] == tables[1]


def test_a_scheduler_that_goes_away_costs_what_it_had_not_answered(
    scheduler: tuple[str, subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    path, out = campaign(tmp_path / "study", "seeds = 60"), tmp_path / "out"
    running = start(path, out, "--scheduler", scheduler[0])
    demo_kit.wait_for(lambda: lines(out) >= 2)
    scheduler[1].kill()
    assert running.wait(120) == 1
    assert 2 <= lines(out) < 60
    assert (out / "runs.parquet").exists()


@pytest.mark.faults
@pytest.mark.timeout(900)
@pytest.mark.skipif(not hosts.can_run(), reason="needs root, ip and /dev/net/tun")
def test_workers_in_network_namespaces_of_their_own_give_the_same_table(tmp_path: Path) -> None:
    """The scheduler and who asks it on one host, a worker on each of two others."""
    path = campaign(tmp_path / "study", "seeds = 4")
    assert start(path, tmp_path / "here", "--workers", "1").wait(600) == 0
    between = hosts.Hosts({"ask": "10.91.0.1", "one": "10.91.0.2", "two": "10.91.0.3"})
    address = "tcp://10.91.0.1:8786"
    running = []
    try:
        dask = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--no-dashboard"]
        running += [
            subprocess.Popen(
                [*between.within("ask"), *dask, "--host", "10.91.0.1"], stderr=subprocess.DEVNULL
            )
        ]
        for host in ("one", "two"):
            worker = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--no-dashboard"]
            worker += ["--nworkers", "1", "--nthreads", "1", "--host", between.addresses[host]]
            worker += ["--local-directory", str(tmp_path / host)]
            log = (tmp_path / f"{host}.log").open("wb")
            running.append(subprocess.Popen([*between.within(host), *worker], stderr=log))
        registered = "Starting established connection to tcp://10.91.0.1:8786"
        demo_kit.wait_for(
            lambda: all(registered in (tmp_path / f"{h}.log").read_text() for h in ("one", "two")), 300.0
        )
        command = [*demo_kit.TRIWATCH, "campaign", str(path), "--out", str(tmp_path / "far")]
        done = subprocess.run(
            [*between.within("ask"), *command, "--scheduler", address], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    finally:
        for process in running:
            process.kill()  # which ends what it started: unshare --kill-child
            process.wait()
        between.close()
    tables = [(tmp_path / name / "runs.parquet").read_bytes() for name in ("here", "far")]
    assert tables[0] == tables[1]
