"""The secrets of one installation, in one folder that nobody else can read.

    nats/<user>.seed             nkey seed of each service and of `deploy`, which declares streams
    nats/agencies/<agency>.seed  nkey seed of each agency that sends
    nats/server/                 what the broker's own process reads: the key with which it
                                 encrypts its files, and its configuration beside it
    tokens/signing.json          private JWK (ES256) that signs the tokens of the HTTP interface
    tokens/jwks.json             its public half, which the services check tokens with
    vault.key                    32 random bytes in hexadecimal: the columns of intake's vault
    log/signing.key              the key that signs the audit log's checkpoints
    log/next.key                 the one that takes its place, while keys are changed
    log/policy                   the log's public keys and the witnesses: what whoever checks the
                                 log is given; a witness is added here by hand
    log/memory/                  what the keys signed last, written by audit. It is no secret, and
                                 must never be put back to an older state
    postgres/<role>.password     the superuser `postgres`, the owner and a role for each service
    postgres/<role>.pgpass       the same as PGPASSFILE names it, for an address without a password

Making is idempotent: a key that is there is kept, whatever else is missing, since a changed
vault key or broker key makes what they encrypted unreadable.
"""

import json
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import nkeys
from joserfc.jwk import ECKey

from services.audit.tlog.notes import Algorithm, MalformedKey, SigningKey
from shared.subjects import SERVICES

DEPLOY: Final = "deploy"
"""The operations user: declares streams, replays what is parked, and is no service."""

SUPERUSER: Final = "postgres"
OWNER: Final = "fingerpost_owner"
ROLES: Final[tuple[str, ...]] = (SUPERUSER, OWNER, *SERVICES)

LOCAL_LOG: Final = "fingerpost.local/audit"
"""The name of the log of a system on one machine."""

_LOG_FOLDERS: Final = ("log", "log/memory")
_AGENCY: Final = re.compile(r"[a-z0-9-]{2,40}")


class KeysError(Exception):
    """The folder of keys cannot be used; the text says what to do and holds no secret."""


@dataclass(frozen=True)
class Keys:
    """Where each secret of one installation lies. Nothing is read until it is asked for."""

    folder: Path

    def seed_file(self, user: str) -> Path:
        """The nkey seed of a service or of `deploy`."""
        return self.folder / "nats" / f"{user}.seed"

    def agency_seed_file(self, agency: str) -> Path:
        """The nkey seed with which an agency signs in to the broker."""
        return self.folder / "nats" / "agencies" / f"{agency}.seed"

    @property
    def agencies(self) -> tuple[str, ...]:
        """The agencies that have a seed here, in alphabetical order."""
        return tuple(sorted(p.stem for p in (self.folder / "nats" / "agencies").glob("*.seed")))

    @property
    def jetstream_key_file(self) -> Path:
        """The broker's encryption key as a configuration line, for its `include`."""
        return self.folder / "nats" / "server" / "jetstream-key.conf"

    @property
    def token_signing_file(self) -> Path:
        """The private JWK that signs access tokens; no service is given it."""
        return self.folder / "tokens" / "signing.json"

    @property
    def token_keys_file(self) -> Path:
        """The public JWKS that services check access tokens with."""
        return self.folder / "tokens" / "jwks.json"

    @property
    def vault_key_file(self) -> Path:
        """32 bytes in hexadecimal, given to intake alone."""
        return self.folder / "vault.key"

    @property
    def log_key_file(self) -> Path:
        """The key that signs checkpoints, given to audit alone."""
        return self.folder / "log" / "signing.key"

    @property
    def log_next_key_file(self) -> Path:
        """The key that takes its place, while keys are changed."""
        return self.folder / "log" / "next.key"

    @property
    def log_key_files(self) -> tuple[Path, ...]:
        """The keys that sign checkpoints now."""
        both = (self.log_key_file, self.log_next_key_file)
        return tuple(file for file in both if file.is_file())

    @property
    def log_memory_file(self) -> Path:
        """What they signed last."""
        return self.folder / "log" / "memory" / "checkpoint"

    @property
    def log_policy_file(self) -> Path:
        """The log's public keys and its witnesses."""
        return self.folder / "log" / "policy"

    def password_file(self, role: str) -> Path:
        """The password of a PostgreSQL role of `ROLES`."""
        return self.folder / "postgres" / f"{role}.password"

    def pgpass_file(self, role: str) -> Path:
        """The password of a PostgreSQL role on any server, as PostgreSQL's clients read it."""
        return self.folder / "postgres" / f"{role}.pgpass"

    def password(self, role: str) -> str:
        """The password of a PostgreSQL role: URL-safe characters alone."""
        return _read(self.password_file(role))

    def public_nkey(self, seed_file: Path) -> str:
        """The public half of a seed, the name by which the broker knows a user."""
        public: bytes = _pair(_read(seed_file)).public_key
        return public.decode()


def make(folder: Path, agencies: Iterable[str] = (), log_name: str = LOCAL_LOG) -> Keys:
    """Make what is missing in `folder`, and keep what is there. `log_name`: of a new log's key.

    Called again with another agency it adds that agency's seed. KeysError where the folder
    lies open to others, or where an agency's name is not a slug of 2 to 40 characters.
    """
    keys = Keys(folder)
    agency_seeds = [keys.agency_seed_file(_slug(agency)) for agency in agencies]
    for each in ("", "nats", "nats/agencies", "nats/server", "tokens", "postgres", *_LOG_FOLDERS):
        _closed_folder(folder / each)
    for seed_file in [*(keys.seed_file(user) for user in (*SERVICES, DEPLOY)), *agency_seeds]:
        _keep_or_write(seed_file, _new_user_seed)
    _keep_or_write(keys.jetstream_key_file, lambda: f'key: "{secrets.token_hex(32)}"')
    _keep_or_write(keys.token_signing_file, _new_signing_key)
    _keep_or_write(keys.token_keys_file, lambda: _public_jwks(_read(keys.token_signing_file)))
    _keep_or_write(keys.vault_key_file, lambda: secrets.token_hex(32))
    _keep_or_write(keys.log_key_file, lambda: _new_log_key(log_name).text)
    _keep_or_write(keys.log_policy_file, lambda: _log_line(keys.log_key_file) + "\nquorum none")
    for role in ROLES:
        _keep_or_write(keys.password_file(role), lambda: secrets.token_urlsafe(32))
        _keep_or_write(keys.pgpass_file(role), partial(_pgpass, keys, role))
    return keys


def add_log_key(folder: Path, name: str) -> str:
    """Make a key that signs a log's checkpoints; returns its public half, as a policy has it.

    The first is `log/signing.key`; beside it, the next is `log/next.key`, and the policy of the
    folder names it too. KeysError where there are two, or where `name` is no log's.
    """
    keys = Keys(folder)
    for each in ("", *_LOG_FOLDERS):
        _closed_folder(folder / each)
    file = keys.log_next_key_file if keys.log_key_file.exists() else keys.log_key_file
    if file.exists():
        raise KeysError(f"{file} is there: put it in the place of {keys.log_key_file.name} first")
    key = _new_log_key(name)
    _keep_or_write(file, lambda: key.text)
    if keys.log_policy_file.exists():
        with keys.log_policy_file.open("a") as policy:
            policy.write(_log_line(file) + "\n")
    else:
        _keep_or_write(keys.log_policy_file, lambda: _log_line(file) + "\nquorum none")
    return str(key.verifier)


def make_witness_key(file: Path, name: str) -> str:
    """Make the key of a witness; returns its public half, as a policy has it.

    KeysError where the file is there, or cannot be, or where `name` is no key's.
    """
    if file.exists():
        raise KeysError(f"{file} is there: a witness keeps its key")
    try:
        key = SigningKey.generate(name, secrets.token_bytes(32), Algorithm.COSIGNATURE)
        _keep_or_write(file, lambda: key.text)
    except MalformedKey as error:
        raise KeysError(str(error)) from error
    except OSError as error:
        raise KeysError(f"{file} cannot be written: {error.strerror}") from error
    return str(SigningKey.parse(_read(file)).verifier)


def load(folder: Path) -> Keys:
    """The keys that `make` left in `folder`; KeysError if it did not, or others can read it."""
    keys = Keys(folder)
    if not keys.token_keys_file.is_file():
        raise KeysError(f"{folder} holds no keys: make them first")
    _refuse_open(folder)
    return keys


def _slug(agency: str) -> str:
    if not _AGENCY.fullmatch(agency):
        raise KeysError(f"{agency!r} is no agency: 2 to 40 of a-z, 0-9 and hyphen")
    return agency


def _closed_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _refuse_open(folder)


def _refuse_open(folder: Path) -> None:
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o077:
        raise KeysError(f"{folder} is open to others (mode {mode:o}): close it with chmod 700")


def _keep_or_write(path: Path, make_text: Callable[[], str]) -> None:
    """Write a secret once. A process that dies half-way leaves no half a key: the file is
    linked under its name only when it is whole and on the disk."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(make_text() + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:  # another process made it meanwhile: its key is the key
        pass
    finally:
        draft.unlink()


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except FileNotFoundError as error:
        raise KeysError(f"{path} is missing: make the keys first") from error


def _new_user_seed() -> str:
    seed: bytes = nkeys.encode_seed(secrets.token_bytes(32), nkeys.PREFIX_BYTE_USER)
    return seed.decode()


def _pair(seed: str) -> nkeys.KeyPair:
    return nkeys.from_seed(bytearray(seed.encode()))


def _pgpass(keys: Keys, role: str) -> str:
    return f"*:*:*:{role}:{keys.password(role)}"


def _new_log_key(name: str) -> SigningKey:
    try:
        return SigningKey.generate(name, secrets.token_bytes(32))
    except MalformedKey as error:
        raise KeysError(f"{name!r} is no name of a log: {error}") from None


def _log_line(key_file: Path) -> str:
    return f"log {SigningKey.parse(_read(key_file)).verifier}"


def _new_signing_key() -> str:
    # ES256 rather than EdDSA: every OpenID Connect library that a partner may use verifies it.
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    return json.dumps(key.as_dict(private=True))


def _public_jwks(signing_key: str) -> str:
    key = ECKey.import_key(json.loads(signing_key))
    return json.dumps({"keys": [key.as_dict(private=False)]})
