"""The golden recording gives the golden digests, here and under all that changes arithmetic elsewhere.

Row 16 of the fault matrix. ``make determinism`` runs all of it; each row is a process of its own.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from fusion_oracle import golden

HERE = Path(__file__).parents[1] / "kits"
MEND = "If the fold was changed on purpose, in the folder tests/kits: python -m fusion_oracle.golden --write"

SETTINGS = {
    "plain": {},
    "OpenBLAS for Nehalem": {"OPENBLAS_CORETYPE": "Nehalem"},
    "OpenBLAS for Haswell": {"OPENBLAS_CORETYPE": "Haswell"},
    "numpy without AVX-512": {"NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR"},
    "numpy without AVX": {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"},
    "C library without AVX and FMA": {
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX2,-AVX,-FMA,-FMA4,-ERMS,-SSE4_2"
    },
    "hash seed 0": {"PYTHONHASHSEED": "0"},
    "hash seed 4242": {"PYTHONHASHSEED": "4242"},
    "Tokyo time": {"TZ": "Asia/Tokyo"},
    "C locale": {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0"},
    "UTF-8 locale": {"LC_ALL": "C.UTF-8"},
    "one thread": {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"},
    "Python alone, nothing compiled": {"NUMBA_DISABLE_JIT": "1"},
    "many threads": {"OMP_NUM_THREADS": "16", "OPENBLAS_NUM_THREADS": "16"},
}
"""Settings that leave the compiled kernels as they are."""

PROCESSORS: dict[str, tuple[dict[str, str], set[str]]] = {
    "any x86-64": ({"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}, set()),
    "Nehalem": ({"NUMBA_CPU_NAME": "nehalem", "NUMBA_CPU_FEATURES": ""}, {"SSE42"}),
    "Haswell, with FMA": (
        {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx2,+fma"},
        {"AVX2", "FMA3"},
    ),
    "Skylake, with AVX-512": (
        {"NUMBA_CPU_NAME": "skylake-avx512", "NUMBA_CPU_FEATURES": "+avx512f,+avx512dq,+avx512vl,+fma"},
        {"AVX512F", "AVX512DQ", "AVX512VL", "FMA3"},
    ),
    "no optimisation": ({"NUMBA_OPT": "0"}, set()),
    "without loop vectorising": ({"NUMBA_LOOP_VECTORIZE": "0", "NUMBA_SLP_VECTORIZE": "0"}, set()),
    "with all vectorising": ({"NUMBA_LOOP_VECTORIZE": "1", "NUMBA_SLP_VECTORIZE": "1"}, set()),
}
"""Settings for which every kernel is compiled anew: environment, and what this processor must have."""


def fold_in_a_process(settings: Mapping[str, str], argument: str = "") -> dict:
    """Digests that a fresh process finds under some settings."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("NUMBA_", "OPENBLAS_", "NPY_"))}
    done = subprocess.run(
        [sys.executable, "-m", "fusion_oracle.golden"],
        cwd=HERE,
        env=environment | settings,
        capture_output=True,
        text=True,
        timeout=800,
    )
    assert done.returncode == 0, done.stderr
    found: dict = json.loads(done.stdout)
    return found


def expected() -> dict:
    """The golden digests."""
    kept: dict = json.loads(golden.DIGESTS.read_text(encoding="utf-8"))
    return kept


def test_the_golden_digests_hold() -> None:
    assert golden.digests() == expected(), MEND


def test_disorder_changes_nothing_but_the_way() -> None:
    kept = expected()
    for name in golden.recorded():
        for what in ("input", "picture"):
            assert kept[name][what] == kept[f"{name}, disordered"][what]


@pytest.mark.processes
def test_the_golden_digests_hold_in_unlike_processes() -> None:
    """A sample of the matrix, all at once."""
    names = ("OpenBLAS for Nehalem", "numpy without AVX", "C library without AVX and FMA", "hash seed 4242")
    settings = {k: v for name in names for k, v in SETTINGS[name].items()}
    assert fold_in_a_process({**settings, "TZ": "Asia/Tokyo", "LC_ALL": "C"}) == expected(), MEND


@pytest.mark.determinism
@pytest.mark.parametrize("name", SETTINGS)
def test_the_golden_digests_hold_under_every_setting(name: str) -> None:
    assert fold_in_a_process(SETTINGS[name]) == expected(), MEND


@pytest.mark.determinism
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", PROCESSORS)
def test_the_golden_digests_hold_when_compiled_for_other_processors(name: str, tmp_path: Path) -> None:
    settings, needs = PROCESSORS[name]
    has = {k for k, v in np._core._multiarray_umath.__cpu_features__.items() if v}
    if not needs <= has:
        pytest.skip(f"this processor lacks {', '.join(sorted(needs - has))}")
    assert fold_in_a_process({**settings, "NUMBA_CACHE_DIR": str(tmp_path)}) == expected(), MEND


FUSED = re.compile(r"\bvf[n]?m(?:add|sub)\w*")
LIST_FUSED = """
import json, sys
sys.path.insert(0, {here!r})
from fusion_oracle import golden
golden.digests()
import numba.core.dispatcher as d
seen = {{}}
for name, module in list(sys.modules.items()):
    if name.startswith("fusion."):
        for kernel in vars(module).values():
            if isinstance(kernel, d.Dispatcher) and kernel.overloads:
                seen[kernel.py_func.__module__ + "." + kernel.py_func.__name__] = kernel
print(json.dumps({{name: list(kernel.inspect_asm().values()) for name, kernel in seen.items()}}))
"""


@pytest.mark.determinism
@pytest.mark.timeout(900)
def test_no_kernel_multiplies_and_adds_in_one_rounding(tmp_path: Path) -> None:
    """A processor with fused multiply-add would else round differently from one without."""
    if not np._core._multiarray_umath.__cpu_features__["FMA3"]:
        pytest.skip("this processor has no fused multiply-add")
    done = subprocess.run(
        [sys.executable, "-c", LIST_FUSED.format(here=str(HERE))],
        env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)},
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=800,
    )
    assert done.returncode == 0, done.stderr
    kernels: dict[str, list[str]] = json.loads(done.stdout)
    assert len(kernels) > 20
    assert any("vmulsd" in asm for listing in kernels.values() for asm in listing)  # AVX code was looked at
    fused = {name for name, listing in kernels.items() if any(FUSED.search(asm) for asm in listing)}
    assert fused == set()
