"""A Dask cluster as the place where cases run gives the rows of the pool here."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import demo_kit
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
