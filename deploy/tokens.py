"""Access tokens of the development issuer, for a system on one machine.

A production system trusts the keys of its own identity provider and never these.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey

from shared.sign_in import ALGORITHM, AUDIENCE, Role


def mint(
    signing_key: Path,
    subject: str,
    roles: tuple[Role, ...],
    *,
    agency: str | None = None,
    lifetime: timedelta = timedelta(hours=12),
) -> str:
    """A signed token for `subject` with `roles`; `agency` for whom a sender sends."""
    key = ECKey.import_key(json.loads(signing_key.read_text()))
    now = datetime.now(UTC)
    claims = {
        "iss": "fingerpost-development",
        "aud": AUDIENCE,
        "sub": subject,
        "roles": list(roles),
        "iat": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
    }
    if agency is not None:
        claims["agency"] = agency
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims, key)
