"""A transparency log by its address: c2sp.org/tlog-tiles over HTTP, patiently and with bounds."""

import time
from typing import Final, Self

import httpx2

from services.audit.verify import CannotCheck

TIMEOUT_SECONDS: Final = 20.0
PAUSES: Final = (0.2, 0.5, 1.0, 2.0)
"""Seconds before each further try."""

_GONE: Final = frozenset({404, 410})
_PASSING: Final = frozenset({429, 500, 502, 503, 504})


class LogAddress:
    """The files below a log's address, such as `https://referrals.example/audit`."""

    def __init__(self, url: str) -> None:
        """CannotCheck if this is no address."""
        if not url.startswith(("https://", "http://")):
            raise CannotCheck(f"{url} is no address: it begins with https:// or http://")
        self._url = url.rstrip("/")
        # A tile says what it is: whoever sends one elsewhere has another log.
        self._http = httpx2.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False)

    def __enter__(self) -> Self:
        """The address."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._http.close()

    def __str__(self) -> str:
        """The address as it is written."""
        return self._url

    def read(self, path: str, at_most: int) -> bytes | None:
        """A file's bytes, None if there is none; see `services.audit.verify.Source`."""
        for pause in (*PAUSES, None):
            status, content = self._exchange("GET", path, b"", at_most)
            if status == 200:
                return content
            if status in _GONE:
                return None
            if pause is None or (status is not None and status not in _PASSING):
                break
            time.sleep(pause)
        raise CannotCheck(
            f"{self._url} cannot be reached"
            if status is None
            else f"{self._url}/{path} answers {status}"
        )

    def bring(self, path: str, content: bytes) -> int | None:
        """POST bytes, once; the answer's status, None if there was no answer."""
        return self._exchange("POST", path, content, 0)[0]

    def _exchange(
        self, method: str, path: str, content: bytes, at_most: int
    ) -> tuple[int | None, bytes]:
        received = b""
        try:
            with self._http.stream(method, f"{self._url}/{path}", content=content) as response:
                for chunk in response.iter_bytes():
                    received += chunk
                    if len(received) > at_most:
                        break
                return response.status_code, received[: at_most + 1]
        except (httpx2.HTTPError, httpx2.InvalidURL):
            return None, b""
