"""Where kernels are kept when the places that numba knows are read-only."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fusion import kernel
from nodes.cli import kernel_cache


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Nothing but the temporary folder takes a file."""
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(kernel_cache, "_takes_files", lambda folder: False)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    return tmp_path / f"triwatch-kernels-{os.getuid()}"


def kept(monkeypatch: pytest.MonkeyPatch) -> str | None:
    kernel_cache.keep_kernels()
    found = os.environ.get("NUMBA_CACHE_DIR")
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    return found


def test_kernels_go_to_a_private_folder(read_only: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept(monkeypatch) == str(read_only)
    assert read_only.stat().st_mode & 0o777 == 0o700
    assert kept(monkeypatch) == str(read_only), "and are found there the next time"


def test_a_folder_that_others_may_write_to_is_not_used(
    read_only: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_only.mkdir()
    read_only.chmod(0o777)
    assert kept(monkeypatch) is None


def test_a_link_that_somebody_planted_is_not_used(
    read_only: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    read_only.symlink_to(tmp_path / "elsewhere")
    assert kept(monkeypatch) is None


def test_where_there_is_room_nothing_is_changed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(kernel_cache, "_beside_the_source", lambda: tmp_path / "__pycache__")
    assert kept(monkeypatch) is None


def test_without_any_place_kernels_work_and_one_line_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def njit(cache: bool = False, **_: object) -> object:
        if cache:
            raise RuntimeError("cannot cache function 'twice': no locator available for file 'x.py'")
        return lambda function: function

    monkeypatch.setattr(kernel, "njit", njit)
    with pytest.warns(RuntimeWarning, match="set NUMBA_CACHE_DIR"):
        twice = kernel.kernel(lambda x: 2 * x)
    assert twice(3) == 6


def test_other_faults_of_the_compiler_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def njit(**_: object) -> object:
        raise RuntimeError("out of registers")

    monkeypatch.setattr(kernel, "njit", njit)
    with pytest.raises(RuntimeError, match="registers"):
        kernel.kernel(lambda x: x)
