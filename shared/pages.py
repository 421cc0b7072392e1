"""The shell of every page: templates, headers, sign-in on the way, and errors that people can read.

Pages work without scripts, load nothing from elsewhere, and are never kept by a browser.
"""

import re
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, quote

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.problems import Refused, body_of
from shared.subjects import Service

SIGN_IN: Final = "/notify/sign-in"
LONGEST_FORM: Final = 16 * 1024
TOO_LONG: Final = "That is far longer than the form."
MOST_FIELDS: Final = 500
_HERE: Final = Path(__file__).parent
_OUR_PATH: Final = re.compile(r"/[A-Za-z0-9_-][A-Za-z0-9/_=&?-]*")

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self';"
        " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    # Not no-referrer: then a form's Origin would be null, and could not be told from another's.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class Pages:
    """The pages of one service: its own templates in the common shell."""

    def __init__(self, service: Service, templates: Path, public_url: str) -> None:
        """`public_url`: scheme, host and port by which browsers reach us, without a path."""
        self._prefix = f"/{service}"
        self._public_url = public_url
        self._templates = Environment(
            loader=FileSystemLoader([templates, _HERE / "templates"]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals["static"] = f"{self._prefix}/static"

    def install(self, app: FastAPI) -> None:
        """Serve the shell's style sheet and scripts, and refuse browsers in words."""
        app.mount(f"{self._prefix}/static", StaticFiles(directory=_HERE / "static"))

        @app.exception_handler(Refused)
        async def on_refused(request: Request, error: Refused) -> Response:
            if not self._is_page(request):
                return error.response()
            if error.status == 401 and request.method == "GET":
                return self._to_sign_in(request)
            return self.show("refused.html", error.status, title=error.title)

    def show(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page as it is sent."""
        body = self._templates.get_template(template).render(**values)
        return HTMLResponse(body, status, headers=HEADERS)

    def from_our_own_page(self, request: Request) -> None:
        """A FastAPI dependency for forms: Refused (403) unless the form stood on one of our pages.

        Browsers say where a request comes from: by Sec-Fetch-Site where the connection is secure
        or local, by Origin everywhere. One that says neither is none.
        """
        site = request.headers.get("sec-fetch-site")
        if site is not None:
            ours = site == "same-origin"
        else:
            ours = request.headers.get("origin") == self._public_url
        if not ours:
            raise Refused(403, "cross-site", "This form was not sent from a page of Fingerpost.")

    @staticmethod
    async def read_form(request: Request) -> dict[str, list[str]]:
        """What a form says by field, blank ones left out; Refused (413) if it is too long."""
        body = await body_of(request, LONGEST_FORM, TOO_LONG)
        try:
            return parse_qs(body.decode(errors="replace"), max_num_fields=MOST_FIELDS)
        except ValueError:
            raise Refused(413, "too-large", TOO_LONG) from None

    def _is_page(self, request: Request) -> bool:
        api = f"{self._prefix}/api/"
        asked_for = request.headers.get("accept", "")
        return "text/html" in asked_for and not request.url.path.startswith(api)

    def _to_sign_in(self, request: Request) -> Response:
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        if request.headers.get("sec-fetch-site") == "cross-site":
            # Somebody follows a link in webmail: the browser holds a strict cookie back, and
            # sends it when our own page asks for the same again.
            return self.show("arriving.html", here=own_path(here, self._prefix))
        return RedirectResponse(f"{SIGN_IN}?next={quote(own_path(here, '/'))}", 303, HEADERS)


def own_path(path: str, otherwise: str) -> str:
    """`path` if it leads to one of our own pages, so that no link can send somebody elsewhere."""
    return path if _OUR_PATH.fullmatch(path) else otherwise
