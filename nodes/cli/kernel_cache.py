"""Where compiled kernels are kept when neither the installation nor the home folder can be written to."""

from __future__ import annotations

import importlib.util
import os
import stat
import tempfile
from pathlib import Path


def keep_kernels() -> None:
    """See that numba has a folder to keep kernels in, for this process and those it starts.

    numba keeps them beside the source, or else in the home folder. Where neither takes a file they go into a
    folder of this user's own among the temporary files. Kernels are loaded as code, so a folder that somebody
    else made or may write to is not used; then `fusion.kernel` compiles anew in every process, and says so.
    """
    if os.environ.get("NUMBA_CACHE_DIR") or _takes_files(_beside_the_source()) or _takes_files(_home_cache()):
        return
    folder = Path(tempfile.gettempdir()) / f"triwatch-kernels-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return
    private = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
    if private:
        os.environ["NUMBA_CACHE_DIR"] = str(folder)


def _beside_the_source() -> Path:
    spec = importlib.util.find_spec("fusion")
    return Path(spec.origin or "").parent / "__pycache__" if spec else Path("__pycache__")


def _home_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))


def _takes_files(folder: Path) -> bool:
    """Whether a file could be made in a folder, the folder with it where it is not there."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
