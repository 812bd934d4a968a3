"""Whose directory may be deleted: an exercise's, once its launcher is dead; never a coalition's."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from demo_kit import TRIWATCH, scenario
from nodes.control.exercise_folder import delete_abandoned, exercise_folder
from nodes.control.piped_clock import EXIT_ORPHANED

HOLD = (
    "from nodes.control.exercise_folder import *\nwith exercise_folder() as r: print(r, flush=True); input()"
)


def abandoned(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of a launcher that was killed."""
    monkeypatch.setenv("TMPDIR", str(folder))
    command = [sys.executable, "-c", HOLD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as launcher:
        assert launcher.stdout is not None
        root = Path(launcher.stdout.readline().strip())
        (root / "keys").mkdir()
        (root / "keys" / "KOR.key").write_text("secret")
        assert not delete_abandoned(root, wait_s=0.1), "its launcher lives"
        assert (root / "keys" / "KOR.key").exists()
        launcher.kill()
    return root


def test_only_when_the_launcher_is_dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert delete_abandoned(abandoned(tmp_path, monkeypatch))
    assert list(tmp_path.iterdir()) == []


def test_all_at_once_while_somebody_still_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = abandoned(tmp_path, monkeypatch)

    def write() -> None:
        for k in range(200):
            try:
                (root / "logs").mkdir(exist_ok=True)
                (root / "logs" / f"{k}").write_text("x")
            except OSError:
                continue

    threads = [
        threading.Thread(target=write),
        *(threading.Thread(target=delete_abandoned, args=(root,)) for _ in "ab"),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not root.exists()


def test_the_next_launcher_deletes_what_was_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = abandoned(tmp_path, monkeypatch)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    other = tmp_path / "triwatch-demo-other"
    other.mkdir()
    with exercise_folder() as root, exercise_folder() as second:
        assert not left.exists()
        assert root.exists()
        assert second.exists()
    assert list(tmp_path.iterdir()) == [other], "nobody marked it"


@pytest.mark.processes
@pytest.mark.parametrize("role", ["core", "node"])
def test_a_closed_input_does_not_delete_a_coalition(tmp_path: Path, role: str) -> None:
    root, small = tmp_path / "coalition", str(scenario(tmp_path))
    subprocess.run(
        [*TRIWATCH, "coalition", "init", str(root), "--scenario", small], check=True, capture_output=True
    )
    who = ["--nation", "KOR"] if role == "core" else ["--id", "KOR-1", "--scenario", small]
    command = [*TRIWATCH, role, *who, "--coalition", str(root), "--exercise"]
    before = set((root / "keys").rglob("*"))
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, text=True)
    assert ended.returncode == EXIT_ORPHANED
    assert "the launcher is gone" in ended.stderr
    # it ends at once, so the draft of a file that it was about to replace may be left
    assert before <= set((root / "keys").rglob("*"))
    assert before
