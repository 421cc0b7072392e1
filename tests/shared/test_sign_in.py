"""Who is let in: tokens of the issuer alone, in date, with a subject and roles."""

import base64
import hmac
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import Depends, FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from shared import problems
from shared.problems import Refused
from shared.sign_in import AUDIENCE, COOKIE, ROLES, Caller, Doorkeeper, Role

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
KEY = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
PUBLIC = ECKey.import_key(KEY.as_dict(private=False))
GOOD: dict[str, Any] = {
    "sub": "p-1",
    "roles": ["coordinator"],
    "aud": AUDIENCE,
    "exp": int((NOW + timedelta(minutes=5)).timestamp()),
}


def token(*, key: ECKey = KEY, **claims: Any) -> str:
    """A signed token with GOOD's claims and these; one that is None is left out."""
    said = {name: value for name, value in (GOOD | claims).items() if value is not None}
    return jwt.encode({"alg": "ES256", "kid": KEY.kid}, said, key)


def at(moment: datetime) -> Doorkeeper:
    """A doorkeeper whose clock stands."""
    return Doorkeeper(KeySet([PUBLIC]), clock=lambda: moment)


def refusal(shown: str, moment: datetime = NOW) -> tuple[int, str]:
    """Status and kind of the answer to a token that must not pass."""
    with pytest.raises(Refused) as refused:
        at(moment).caller(shown)
    return refused.value.status, refused.value.kind


def test_the_right_token_names_its_caller() -> None:
    """Subject, roles and agency are those of the token."""
    caller = at(NOW).caller(token(sub="met", roles=["sender", "auditor"], agency="met-police"))
    assert caller == Caller("met", ("sender", "auditor"), "met-police")


def test_a_token_ends_with_its_time() -> None:
    """A second before its end a token passes; a second after it, it does not."""
    end = datetime.fromtimestamp(GOOD["exp"], UTC)
    assert at(end - timedelta(seconds=1)).caller(token()).subject == "p-1"
    assert refusal(token(), end + timedelta(seconds=1)) == (401, "not-signed-in")


def test_a_token_begins_with_its_time() -> None:
    """A token that is not valid yet is refused, and passes later."""
    later = NOW + timedelta(minutes=2)
    shown = token(nbf=int(later.timestamp()))
    assert refusal(shown) == (401, "not-signed-in")
    assert at(later).caller(shown).subject == "p-1"


@pytest.mark.parametrize("claim", ["exp", "aud", "sub", "roles"])
def test_no_claim_may_be_missing(claim: str) -> None:
    """A token without an end, an audience, a subject or roles is refused."""
    missing: dict[str, Any] = {claim: None}
    assert refusal(token(**missing)) == (401, "not-signed-in")


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-service"},
        {"aud": AUDIENCE + "-test"},
        {"sub": ""},
        {"sub": {"name": "p-1"}},
        {"sub": "Priya Quill"},
        {"sub": "priya@example.org"},
        {"roles": []},
        {"roles": "coordinator"},
        {"roles": ["coordinator", "superuser"]},
        {"roles": [["coordinator"]]},
        {"exp": "tomorrow"},
        {"exp": float("inf")},
    ],
    ids=str,
)
def test_a_claim_of_another_kind_is_refused(claims: dict[str, Any]) -> None:
    """Another audience, an unknown role, or a claim of another shape lets nobody in."""
    assert refusal(token(**claims)) == (401, "not-signed-in")


def test_another_key_opens_nothing() -> None:
    """A token that another key signed is refused, though it names the right one."""
    other = ECKey.generate_key("P-256", auto_kid=True)
    assert refusal(token(key=other)) == (401, "not-signed-in")


def test_a_changed_token_is_refused() -> None:
    """Claims that are not those that were signed are refused."""
    head, _, signature = token().split(".")
    forged = _encoded(GOOD | {"roles": ["auditor"]})
    assert refusal(f"{head}.{forged}.{signature}") == (401, "not-signed-in")


def test_no_signature_is_no_token() -> None:
    """`alg: none` is refused."""
    assert refusal(f"{_encoded({'alg': 'none'})}.{_encoded(GOOD)}.") == (401, "not-signed-in")


def test_the_public_key_is_no_secret_to_sign_with() -> None:
    """HS256 with the public key's own bytes as its secret is refused."""
    published = json.dumps(PUBLIC.as_dict(private=False)).encode()
    for secret in (PUBLIC.as_pem(private=False), published):
        head, claims = _encoded({"alg": "HS256", "kid": KEY.kid}), _encoded(GOOD)
        mac = hmac.digest(secret, f"{head}.{claims}".encode(), "sha256")
        assert refusal(f"{head}.{claims}.{_text(mac)}") == (401, "not-signed-in")


@pytest.mark.parametrize("shown", ["", "x", "a.b.c", "é.é.é", "W10.e30.x", "a.b.c.d.e"])
def test_what_is_no_token_is_refused(shown: str) -> None:
    """Anything at all may stand in a header: it is refused like a wrong token."""
    assert refusal(shown) == (401, "not-signed-in")


@pytest.mark.parametrize("agency", [["met-police"], 7, True])
def test_an_agency_is_text(agency: Any) -> None:
    """A caller whose agency is no text has none, and so can send for nobody."""
    assert at(NOW).caller(token(agency=agency)).agency is None


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    """A service with a door for each role, and one for two of them."""
    app = FastAPI()
    problems.install(app)
    doors: dict[str, tuple[Role, ...]] = {role: (role,) for role in ROLES}
    for name, roles in (doors | {"two": ("coordinator", "auditor")}).items():
        _open_door(app, name, roles)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://doors.test") as client:
        yield client


def _open_door(app: FastAPI, name: str, roles: tuple[Role, ...]) -> None:
    caller = Depends(at(NOW).require(*roles))

    @app.get(f"/{name}")
    async def door(shown: Annotated[Caller, caller]) -> str:
        return shown.subject


@pytest.mark.parametrize("role", ROLES)
async def test_a_door_is_for_its_role(http: httpx2.AsyncClient, role: Role) -> None:
    """Each role passes its own door, and at the others is told that it may not."""
    shown = {"Authorization": f"Bearer {token(roles=[role])}"}
    answers = {door: await http.get(f"/{door}", headers=shown) for door in ROLES}

    assert {door: a.status_code for door, a in answers.items()} == {
        door: 200 if door == role else 403 for door in ROLES
    }
    refused = answers["sender" if role != "sender" else "auditor"]
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"] == "urn:fingerpost:problem:forbidden"


async def test_a_door_may_be_for_several(http: httpx2.AsyncClient) -> None:
    """One of the roles of a door is enough; a caller of none of them is told for whom it is."""
    shown = {"Authorization": f"Bearer {token(roles=['sender', 'auditor'])}"}
    assert (await http.get("/two", headers=shown)).json() == "p-1"
    other = {"Authorization": f"Bearer {token(roles=['sender'])}"}
    assert "coordinator or auditor" in (await http.get("/two", headers=other)).json()["title"]


async def test_who_shows_nothing_is_asked_to_sign_in(http: httpx2.AsyncClient) -> None:
    """Without a token the answer is 401, as a problem that names the way to sign in."""
    answer = await http.get("/coordinator")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:fingerpost:problem:not-signed-in"


async def test_a_browser_shows_its_cookie(http: httpx2.AsyncClient) -> None:
    """The same token in a cookie passes, and a wrong one there does not."""
    http.cookies.set(COOKIE, token())
    assert (await http.get("/coordinator")).status_code == 200
    http.cookies.set(COOKIE, token(exp=1))
    assert (await http.get("/coordinator")).status_code == 401


async def test_the_header_comes_before_the_cookie(http: httpx2.AsyncClient) -> None:
    """A wrong token in the header is not made good by a cookie."""
    http.cookies.set(COOKIE, token())
    shown = {"Authorization": f"Bearer {token(exp=1)}"}
    assert (await http.get("/coordinator", headers=shown)).status_code == 401


def _encoded(part: dict[str, Any]) -> str:
    return _text(json.dumps(part).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
