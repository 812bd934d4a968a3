"""Small campaigns over a small scenario, and the command as a process."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import demo_kit

SHORT_S = 8.0


def campaign(folder: Path, head: str = "", rest: str = "", duration_s: float = SHORT_S) -> Path:
    """A campaign file beside the small scenario; ``head`` goes into its [campaign] table."""
    folder.mkdir(parents=True, exist_ok=True)
    demo_kit.scenario(folder, duration_s)
    path = folder / "study.toml"
    path.write_text(f'[campaign]\nname = "study"\nscenario = "small.toml"\n{head}\n{rest}', encoding="utf-8")
    return path


def start(path: Path, out: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """The command on its way, saying nothing."""
    return subprocess.Popen(
        [*demo_kit.TRIWATCH, "campaign", str(path), "--out", str(out), *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=dict(os.environ),
    )


def lines(out: Path) -> int:
    """Rows on disk."""
    file = out / "rows.jsonl"
    return file.read_bytes().count(b"\n") if file.exists() else 0
