"""A caller of a running system's HTTP interface, with tokens of its development issuer."""

from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import httpx2

from deploy import keys as key_folder
from deploy.local.home import Home, is_alive
from deploy.tokens import mint
from shared.sign_in import Role


class NotRunning(Exception):
    """No system runs with that data folder."""


class Answered(Exception):
    """The system refused; `status` and the problem's title in words."""

    def __init__(self, status: int, title: str, problem: dict[str, Any]) -> None:
        super().__init__(title)
        self.status = status
        self.problem = problem


@dataclass
class Client:
    """Calls as whoever each call names."""

    home: Home
    url: str = field(init=False)
    _http: httpx2.Client = field(init=False)
    _tokens: dict[tuple[str, Role], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """NotRunning if there is nothing to call."""
        running = self.home.running()
        if not running or not is_alive(running["up"]) or not running["ready"]:
            raise NotRunning(f"nothing runs with {self.home.folder}: start it with ./fingerpost up")
        self.url = running["url"]
        self._http = httpx2.Client(base_url=self.url, timeout=30)

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def get(
        self, path: str, role: Role, agency: str | None = None, who: str | None = None, **query: str
    ) -> Any:
        """JSON of a path; Answered if refused. `agency` or `who`: as whom, beside the role."""
        headers = self._signed(role, agency, who)
        return self._answer(self._http.get(path, params=query, headers=headers))

    def post(
        self, path: str, role: Role, body: Any, agency: str | None = None, who: str | None = None
    ) -> Any:
        """JSON of a path; Answered if refused. `body`: JSON, or bytes that are sent as they are."""
        content = {"content": body} if isinstance(body, bytes) else {"json": body}
        headers = self._signed(role, agency, who)
        return self._answer(self._http.post(path, headers=headers, **content))

    def put(self, path: str, role: Role, body: Any, **query: str) -> Any:
        """JSON of a path, after what it holds has become `body`; Answered if refused."""
        headers = self._signed(role, None, None)
        return self._answer(self._http.put(path, params=query, headers=headers, json=body))

    def _signed(self, role: Role, agency: str | None, who: str | None) -> dict[str, str]:
        subject = who or agency or f"cli-{role}"
        if (subject, role) not in self._tokens:
            signing = key_folder.load(self.home.keys).token_signing_file
            self._tokens[subject, role] = mint(signing, subject, (role,), agency=agency)
        return {"Authorization": f"Bearer {self._tokens[subject, role]}"}

    def _answer(self, response: httpx2.Response) -> Any:
        if response.is_success:
            return response.json()
        try:
            problem = response.json()
        except ValueError:
            problem = {}
        raise Answered(response.status_code, problem.get("title", response.text[:200]), problem)
