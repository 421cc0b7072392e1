"""Who is calling: a signed token with subject and roles, checked on every call.

A token is a JWT (ES256) of the issuer whose public keys lie in a file. Claims: `sub`, `roles`,
and `agency` for a sender. Browsers carry the same token in a cookie.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, get_args

from fastapi import Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from shared.problems import Refused

Role = Literal["sender", "practitioner", "coordinator", "auditor", "information_governance"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
AUDIENCE: Final = "fingerpost"
ALGORITHM: Final = "ES256"
OPAQUE: Final = re.compile(r"[A-Za-z0-9_.:|-]{1,100}")
"""What a token's subject may look like: an identifier, never an address or a name with spaces."""
COOKIE: Final = "fingerpost_token"


@dataclass(frozen=True)
class Caller:
    """Somebody who has shown a valid token. `agency` is set for senders alone."""

    subject: str
    roles: tuple[Role, ...]
    agency: str | None


@dataclass(frozen=True)
class Doorkeeper:
    """Reads tokens with the issuer's public keys."""

    keys: KeySet
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    @classmethod
    def from_file(cls, path: Path) -> "Doorkeeper":
        """`path`: a JWKS, the issuer's public keys."""
        return cls(KeySet.import_key_set(json.loads(path.read_text())))

    def caller(self, token: str) -> Caller:
        """The caller of a token. Refused (401) if it is not ours, not signed, or out of date."""
        try:
            claims = jwt.decode(token, self.keys, algorithms=[ALGORITHM]).claims
            registry = jwt.JWTClaimsRegistry(
                now=int(self.clock().timestamp()),
                aud={"essential": True, "value": AUDIENCE},
                exp={"essential": True},
                sub={"essential": True},
                roles={"essential": True},
            )
            registry.validate(claims)
        except (JoseError, ValueError, KeyError, TypeError):
            raise Refused(401, "not-signed-in", "The sign-in is missing, wrong or over.") from None
        if not OPAQUE.fullmatch(str(claims["sub"])):
            # It stands in events and in the trail, where nobody is named.
            raise Refused(401, "not-signed-in", "The sign-in's subject is a name, not an id.")
        roles = claims["roles"]
        if not isinstance(roles, list) or not all(role in ROLES for role in roles):
            raise Refused(401, "not-signed-in", "The sign-in names a role that is unknown here.")
        agency = claims.get("agency")
        return Caller(str(claims["sub"]), tuple(roles), agency if isinstance(agency, str) else None)

    def require(self, *roles: Role) -> Callable[[Request], Caller]:
        """A FastAPI dependency: the caller, who has one of `roles`; Refused (401, 403) if not."""

        def signed_in(request: Request) -> Caller:
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer":
                token = request.cookies.get(COOKIE, "")
            caller = self.caller(token.strip())
            if not set(roles) & set(caller.roles):
                raise Refused(403, "forbidden", f"This is for {_in_words(roles)}.")
            return caller

        return signed_in


def _in_words(roles: tuple[Role, ...]) -> str:
    article = "" if roles[0] == "information_governance" else "a "
    return article + " or ".join(role.replace("_", " ") for role in roles)
