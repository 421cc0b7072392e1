"""A log's files served over HTTP from a folder, as any web server would; and a place for the
cosignatures that witnesses bring."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Served:
    """What a server serves and remembers. `failures`: so many requests are answered with 503."""

    folder: Path
    port: int = 0
    asked: list[str] = field(default_factory=list)
    brought: list[bytes] = field(default_factory=list)
    failures: int = 0
    cosignatures_status: int = 204

    @property
    def url(self) -> str:
        """The log's address."""
        return f"http://127.0.0.1:{self.port}/audit"


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """Serve a folder at `/audit/` on a free port."""
    served = Served(folder)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.removeprefix("/audit/")
            served.asked.append(path)
            file = served.folder / path
            if served.failures > 0:
                served.failures -= 1
                self._answer(503, b"later")
            elif file.is_file():
                self._answer(200, file.read_bytes())
            else:
                self._answer(404, b"not here")

        def do_POST(self) -> None:
            served.brought.append(self.rfile.read(int(self.headers["Content-Length"])))
            self._answer(served.cosignatures_status, b"")

        def _answer(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Keep still."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
