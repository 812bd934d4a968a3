"""The fuzzers of this folder under atheris, which follows the branches that an input takes: make fuzz.

    python tests/fuzz/with_atheris.py [--seconds S] [--keep FOLDER] [NAME ...]

Each fuzzer runs for S seconds in a process of its own, beginning with its samples; what it finds worth
keeping goes into FOLDER/NAME, where the next run begins. An input that breaks an invariant is written to
FOLDER, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
KITS = [str(HERE.parent / name) for name in ("kits", "vectors")]
_PREFIX = "test_fuzz_"


def names() -> list[str]:
    """The fuzzers there are."""
    return sorted(path.stem.removeprefix(_PREFIX) for path in HERE.glob(f"{_PREFIX}*.py"))


def compiled() -> list[str]:
    """The modules that numba compiles from their bytecode, which therefore must stay as it is."""
    repo = HERE.parents[1]
    paths = (path for room in ("nodes", "fusion") for path in (repo / room).rglob("*.py"))
    found = (path.relative_to(repo) for path in paths if "kernel" in path.read_text(encoding="utf-8"))
    return [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in found]


def fuzz(name: str, seconds: int, corpus: Path) -> None:
    """Run one in this process, until the time is over or the invariant does not hold."""
    import atheris

    sys.path[:0] = [str(HERE), *KITS]
    with atheris.instrument_imports(include=["nodes", "fusion"], exclude=compiled()):
        fuzzer = importlib.import_module(_PREFIX + name)
    for k, sample in enumerate(fuzzer.SAMPLES):
        (corpus / f"sample-{k}").write_bytes(sample)
    limits = [f"-max_total_time={seconds}", "-timeout=20", "-rss_limit_mb=4096", "-print_final_stats=1"]
    atheris.Setup(
        [sys.argv[0], *limits, f"-artifact_prefix={corpus.parent}/{name}-", str(corpus)], fuzzer.holds
    )
    atheris.Fuzz()


def main() -> int:
    """Run all, or those named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names()))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--keep", type=Path, help="where inputs are kept; none: nowhere")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    a = parser.parse_args()
    if unknown := set(a.names) - set(names()):
        parser.error(f"no fuzzer {min(unknown)}; there are {', '.join(names())}")
    if a.alone:
        fuzz(a.names[0], a.seconds, a.keep)
        return 0
    keep = a.keep or Path(tempfile.mkdtemp(prefix="triwatch-fuzz-"))
    broken = []
    for name in a.names or names():
        (keep / name).mkdir(parents=True, exist_ok=True)
        options = ["--seconds", str(a.seconds), "--keep", str(keep / name), "--alone", name]
        ran = subprocess.run([sys.executable, __file__, *options], stderr=subprocess.PIPE, text=True)
        said = [line for line in ran.stderr.splitlines() if "number_of_executed_units" in line]
        count = said[0].split()[-1] if said else "no"
        print(f"{name}: {count} inputs, {'BROKEN' if ran.returncode else 'holds'}", flush=True)
        if ran.returncode:
            broken.append(name)
            print("\n".join(ran.stderr.splitlines()[-40:]))
    if broken:
        print(f"the inputs are in {keep}")
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
