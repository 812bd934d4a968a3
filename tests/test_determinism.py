"""The same reports give the same bytes: in any order, under unlike settings, on every machine.

Row 16 of the fault matrix. Each case folds `determinism_run.reports()` in a process of its own.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
GOLDEN = HERE / "golden" / "determinism.txt"
MEND = (
    f"If the fold was changed on purpose: python tests/determinism_run.py > {GOLDEN.relative_to(HERE.parent)}"
)

SETTINGS = {
    "hash seed": {"PYTHONHASHSEED": "12345"},
    "time zone": {"TZ": "Asia/Tokyo"},
    "language": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
    "an old processor for the linear algebra": {"OPENBLAS_CORETYPE": "Prescott"},
    "another processor for the linear algebra": {"OPENBLAS_CORETYPE": "Haswell"},
    "numpy without wide vectors": {"NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX2 FMA3"},
    "a C library without wide vectors": {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX2,-FMA"},
    "one thread": {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"},
}

pytestmark = [pytest.mark.determinism, pytest.mark.slow]


def folded(order: str = "sorted", **settings: str) -> str:
    """What the run prints: digest of the input, of the picture, and the number of tracks."""
    command = [sys.executable, str(HERE / "determinism_run.py"), order]
    run = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def golden() -> str:
    return GOLDEN.read_text(encoding="ascii")


def test_the_golden_digest(golden: str) -> None:
    assert folded() == golden, MEND


@pytest.mark.parametrize("seed", range(4))
def test_arrival_order_and_duplicates_leave_no_trace(seed: int, golden: str) -> None:
    assert folded(str(seed)) == golden, MEND


@pytest.mark.parametrize("setting", SETTINGS)
def test_unlike_settings(setting: str, golden: str) -> None:
    assert folded("1", **SETTINGS[setting]) == golden, MEND


def test_kernels_compiled_for_the_plainest_processor(golden: str, tmp_path: Path) -> None:
    """No fused multiply-add, no vectors beyond the architecture's first: the same bits."""
    plain = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": str(tmp_path)}
    assert folded("1", **plain) == golden, MEND
