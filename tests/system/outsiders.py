"""Those who look at a log from outside, each with a folder and a command line of their own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local import child

ROOT = Path(__file__).resolve().parents[2]


def command(*arguments: str | Path) -> list[str]:
    """The command line, as anybody has it."""
    return [sys.executable, "-m", "deploy", *map(str, arguments)]


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it told."""

    exit: int
    text: str


@dataclass(frozen=True)
class Auditor:
    """Somebody with a policy file from the parties, and a memory of what was checked before."""

    folder: Path

    @property
    def policy(self) -> Path:
        """Whom to trust."""
        return self.folder / "policy"

    def verify(self, what: str | Path) -> Said:
        """Check an address, a folder or a bundle."""
        return self._run(
            "verify", what, "--policy", self.policy, "--memory", self.folder / "remembered"
        )

    def mirror(self, url: str, folder: Path) -> Said:
        """Copy a log."""
        return self._run("mirror", url, folder)

    def _run(self, *arguments: str | Path) -> Said:
        ended = subprocess.run(
            command(*arguments), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
        )
        return Said(ended.returncode, ended.stdout + ended.stderr)


@dataclass(frozen=True)
class WitnessHost:
    """Another party's machine: its key, the one file that it keeps, and what it said."""

    folder: Path
    name: str

    @property
    def log(self) -> Path:
        """What the witness said."""
        return self.folder / "log"

    def make_key(self) -> str:
        """A key of its own; the public half."""
        self.folder.mkdir()
        made = subprocess.run(
            command("keys", "witness", self.name, "--key", self.folder / "key"),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return made.stdout.strip()

    @contextmanager
    def running(self, policy: str, *where: str) -> Iterator[None]:
        """It vouches. `where`: to listen, or to look."""
        (self.folder / "policy").write_text(policy)
        files: list[str | Path] = [
            *("--policy", self.folder / "policy"),
            *("--key", self.folder / "key"),
        ]
        files += ["--memory", self.folder / "memory.json"]
        process = child.spawn(
            command("witness", *files, *where),
            self.log,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        try:
            yield
        finally:
            child.stop(process)
