"""The virtual environment in which the peers run, made on first use from the hashed lock."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.local.child import LocalServerError

SECONDS = 600.0


def python_of_peers(folder: Path, lock: Path) -> Path:
    """The Python of the environment in `folder`, made or brought up to date by `lock`.

    Progress and the reasons of a failure go to standard error. LocalServerError if it fails.
    """
    python, installed = folder / "bin" / "python", folder / "installed.lock"
    if installed.exists() and installed.read_bytes() == lock.read_bytes():
        return python
    sys.stderr.write(f"fingerpost: what the peers need, once, into {folder} (a minute)\n")
    uv = shutil.which("uv")
    _run([sys.executable, "-m", "venv", "--clear", *(["--without-pip"] if uv else []), folder])
    if uv:
        _run([uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes", lock])
    else:
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install"]
        if not sys.stderr.isatty():
            pip.append("--quiet")
        _run([*pip, "--require-hashes", "--only-binary=:all:", "-r", str(lock)])
    installed.write_bytes(lock.read_bytes())
    return python


def _run(command: Sequence[str | Path]) -> None:
    done = subprocess.run(command, stdout=sys.stderr, check=False, timeout=SECONDS)
    if done.returncode != 0:
        raise LocalServerError("what the peers need was not installed; the lines above say why")
