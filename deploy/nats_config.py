"""The broker's configuration: an account for the services, one for each agency.

An account apart is more than permissions. Within one account the server does not check the reply
subject of a message, so that a sender could have its acknowledgement stored under any subject,
such as an event's. Between accounts a reply comes back to the account that asked, and nowhere
else. The agencies' accounts are joined to the services' by exports and imports: see `_agency`.

The file names users by their public nkeys and holds no secret; the key that encrypts the broker's
files lies beside it and is included.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from deploy.keys import Keys
from deploy.permissions import (
    USERS,
    Permissions,
    of_agency,
    receipts_ack,
    receipts_next,
)
from shared.subjects import receipt, submit

ACCOUNT: Final = "FINGERPOST"

MAX_PAYLOAD: Final = 1024 * 1024
"""Bytes. A document has at most 64 KiB, but a decision explains some forty pathways of up to ten
criteria, each with its text, source and what it saw: near 200 KiB where the words are long, and
JSON may write a character in six bytes. SUBMISSIONS has a limit of its own, see `deploy.streams`.
"""


def render(
    keys: Keys,
    agencies: Iterable[str],
    *,
    store: str,
    host: str = "127.0.0.1",
    port: int = 4222,
    monitor_port: int = 8222,
) -> str:
    """The text of the configuration, to lie beside `keys.jetstream_key_file`.

    `store` is JetStream's folder as the server sees it. The monitoring page answers on the
    loopback interface alone, since it lists every connection.
    """
    agencies = sorted(set(agencies))
    accounts = {
        # The server's own events. Nobody signs in here.
        "SYS": {"users": []},
        ACCOUNT: {
            "jetstream": "enabled",
            "users": [
                _user(keys.public_nkey(keys.seed_file(user)), permissions)
                for user, permissions in USERS.items()
            ],
            "exports": [export for agency in agencies for export in _exports(agency)],
        },
        **{_account(agency): _agency(keys, agency) for agency in agencies},
    }
    return "\n".join(
        (
            f"server_name: {json.dumps(ACCOUNT.lower())}",
            f"listen: {json.dumps(f'{host}:{port}')}",
            f"http: {json.dumps(f'127.0.0.1:{monitor_port}')}",
            f"max_payload: {MAX_PAYLOAD}",
            "jetstream {",
            f"  store_dir: {json.dumps(store)}",
            # The default of two minutes loses acknowledged messages when the power goes
            # (Jepsen on NATS 2.12.1, December 2025).
            "  sync_interval: always",
            "  cipher: aes",
            f"  include {json.dumps(keys.jetstream_key_file.name)}",
            "}",
            'system_account: "SYS"',
            f"accounts: {json.dumps(accounts, indent=2)}",
            "",
        )
    )


def write(keys: Keys, agencies: Iterable[str], **where: Any) -> Path:
    """Write `render`'s text beside the broker's key; the path for `nats-server -c`."""
    path = keys.jetstream_key_file.with_name("nats.conf")
    draft = path.with_suffix(".draft")
    draft.write_text(render(keys, agencies, **where))
    draft.replace(path)  # a server that reloads just now reads the old text or the new
    return path


def _account(agency: str) -> str:
    return f"AGENCY-{agency}"


def _user(nkey: str, permissions: Permissions) -> dict[str, Any]:
    return {
        "nkey": nkey,
        "permissions": {
            "publish": {"allow": permissions.publish},
            "subscribe": {"allow": permissions.subscribe},
        },
    }


def _exports(agency: str) -> list[dict[str, Any]]:
    """What the services' account offers to one agency's account and to no other."""
    only = [_account(agency)]
    return [
        {"service": submit(agency), "accounts": only},
        {"stream": receipt(agency), "accounts": only},
        # One request brings a batch of receipts, and the end of the batch.
        {"service": receipts_next(agency), "accounts": only, "response_type": "stream"},
        {"service": receipts_ack(agency), "accounts": only},
    ]


def _agency(keys: Keys, agency: str) -> dict[str, Any]:
    def of_services(subject: str) -> dict[str, str]:
        return {"account": ACCOUNT, "subject": subject}

    return {
        "users": [_user(keys.public_nkey(keys.agency_seed_file(agency)), of_agency(agency))],
        "imports": [
            {"service": of_services(submit(agency))},
            {"stream": of_services(receipt(agency))},
            {"service": of_services(receipts_next(agency))},
            {"service": of_services(receipts_ack(agency))},
        ],
    }
