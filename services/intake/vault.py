"""The vault's cryptography: what says who somebody is lies sealed, and is matched unseen.

AES-256-GCM seals bytes to the place where they belong (table, column, row), so that a ciphertext
moved elsewhere does not open. Names are matched by HMAC-SHA256. Both work with subkeys that HKDF
derives from one master key, so that neither use weakens the other.

The key ring is a text file, one master key a line as 64 hexadecimal digits: the first seals, all
of them open, and the last makes the fingerprints. To rotate, write a new key above the others:
what is written from then on is sealed with it. Fingerprints stay as they are, or nobody would be
recognised any more and a document sent again would be a new referral; so the last key stays in
the ring until every fingerprint has been made anew from the sealed documents.

A sealed value: one byte version, 8 bytes key id, 12 bytes nonce, the ciphertext, 16 bytes tag.
"""

import hmac
import os
import re
import stat
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION: Final = b"\x01"
_KEY_ID: Final = 8
_NONCE: Final = 12
_TAG: Final = 16
_HEADER: Final = len(_VERSION) + _KEY_ID

_KEY_LINE = re.compile(r"[0-9A-Fa-f]{64}")


class UnusableKeyRing(Exception):
    """The key ring cannot be used; the text says which file and why, and holds no key."""


class SealBroken(Exception):
    """What was to be opened is damaged, belongs elsewhere, or was sealed with an unknown key."""

    def __init__(self) -> None:
        super().__init__("a sealed value does not open in its place with the keys at hand")


class _Key(NamedTuple):
    """What one master key gives."""

    id: bytes
    cipher: AESGCM
    matching: bytes


class Vault:
    """Seals, opens and fingerprints with a ring of 32-byte master keys, the newest first.

    `random` gives so many random bytes. A nonce is drawn for every value: at 96 bits one key is
    good for four thousand million of them.
    """

    def __init__(
        self, master_keys: Sequence[bytes], random: Callable[[int], bytes] = os.urandom
    ) -> None:
        if not master_keys or any(len(key) != 32 for key in master_keys):
            raise UnusableKeyRing("a key ring holds at least one key, and each has 32 bytes")
        keys = [_derive(master) for master in master_keys]
        self._current = keys[0]
        self._matching = keys[-1].matching
        self._by_id = {key.id: key for key in keys}
        self._random = random

    @classmethod
    def from_file(cls, path: Path) -> "Vault":
        """The vault of a key ring's file; UnusableKeyRing where it is open to others or no ring."""
        return cls(_read_ring(path))

    def seal(self, plaintext: bytes, bound_to: str) -> bytes:
        """`plaintext` encrypted for one place, such as `vault_document/<id>/1`."""
        header = _VERSION + self._current.id
        nonce = self._random(_NONCE)
        return (
            header + nonce + self._current.cipher.encrypt(nonce, plaintext, _bind(header, bound_to))
        )

    def open(self, sealed: bytes, bound_to: str) -> bytes:
        """What was sealed for this very place; SealBroken for anything else."""
        header, nonce = sealed[:_HEADER], sealed[_HEADER : _HEADER + _NONCE]
        key = self._by_id.get(header[len(_VERSION) :])
        if header[: len(_VERSION)] == _VERSION and key and len(sealed) >= _HEADER + _NONCE + _TAG:
            try:
                return key.cipher.decrypt(
                    nonce, sealed[_HEADER + _NONCE :], _bind(header, bound_to)
                )
            except InvalidTag:
                pass
        raise SealBroken

    def fingerprint(self, text: str, domain: str) -> bytes:
        """32 bytes by which `text` is found again, and which only a holder of the key can make.

        The same text has other fingerprints in other domains.
        """
        named = domain.encode()
        # With its length before it, no domain can run over into the text.
        message = len(named).to_bytes(4, "big") + named + text.encode()
        return hmac.digest(self._matching, message, sha256)


def _derive(master: bytes) -> _Key:
    def subkey(purpose: bytes, length: int) -> bytes:
        # Fixed salt: the masters are uniformly random, so extraction needs none of its own.
        return HKDF(SHA256(), length, b"fingerpost vault", purpose).derive(master)

    return _Key(subkey(b"key id", _KEY_ID), AESGCM(subkey(b"seal", 32)), subkey(b"match", 32))


def _bind(header: bytes, bound_to: str) -> bytes:
    return header + bound_to.encode()


def _read_ring(path: Path) -> list[bytes]:
    try:
        with path.open("rb") as file:
            _refuse_open_to_others(path, os.fstat(file.fileno()))
            content = file.read()
    except OSError as error:
        raise UnusableKeyRing(f"{path}: cannot be read: {error.strerror}") from error
    lines = content.decode("ascii", errors="replace").splitlines()
    for number, line in enumerate(lines, start=1):
        if not _KEY_LINE.fullmatch(line):
            raise UnusableKeyRing(f"{path}: line {number} is not a key of 64 hexadecimal digits")
    keys = [bytes.fromhex(line) for line in lines]
    if not keys:
        raise UnusableKeyRing(f"{path}: holds no key")
    if len(set(keys)) < len(keys):
        raise UnusableKeyRing(f"{path}: holds a key twice")
    return keys


def _refuse_open_to_others(path: Path, status: os.stat_result) -> None:
    """0600 at most; 0640 where root owns it, as an orchestrator mounts a secret for a group."""
    allowed = 0o640 if status.st_uid == 0 and os.geteuid() != 0 else 0o600
    mode = stat.S_IMODE(status.st_mode)
    if mode & ~allowed:
        raise UnusableKeyRing(f"{path}: mode {mode:04o} is too open; it may be {allowed:04o}")
