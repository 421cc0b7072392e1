"""Signed notes and their Ed25519 keys, as c2sp.org/signed-note defines them.

A note is a text, an empty line, and signature lines. A name and a key id say which key made a
signature; a signature by a key that nobody knows is skipped, one by a known key must be good.
Two kinds of keys are read: a log's (algorithm 0x01, over the text itself) and a witness's (0x04,
over the text and a time: see `checkpoint`).

Everything is read strictly: what has two spellings has one here, so that whoever changes a byte
changes what is claimed, or is refused.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_BYTES: Final = 32
KEY_ID_BYTES: Final = 4
SIGNATURE_BYTES: Final = 64
# The specification asks for 16 signatures of up to 5 kB each.
MAX_NOTE_BYTES: Final = 256 * 1024
MAX_SIGNATURES: Final = 100

_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_HEX_ID: Final = re.compile(r"[0-9a-f]{8}")
_DASH: Final = "—"


class NoteRefused(Exception):
    """A note that must not be believed, with the reason in words."""


class MalformedNote(NoteRefused):
    """Not even a note."""


class MalformedKey(ValueError):
    """A text that is no key; the message quotes none of it, since it may be a secret."""


class Algorithm(IntEnum):
    """What a key signs, by the byte that the specification assigns."""

    LOG = 0x01
    COSIGNATURE = 0x04


@dataclass(frozen=True)
class VerifierKey:
    """The public half of a key. `str` is the vkey that policies and configurations carry."""

    name: str
    algorithm: Algorithm
    public: bytes

    def __post_init__(self) -> None:
        """MalformedKey if the name or the length is not a key's."""
        _check_name(self.name)
        if len(self.public) != KEY_BYTES:
            raise MalformedKey(f"a public key has {KEY_BYTES} bytes")

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell this key from others of its name."""
        material = bytes([self.algorithm]) + self.public
        return sha256(self.name.encode() + b"\n" + material).digest()[:KEY_ID_BYTES]

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key of `name+hexid+base64(algorithm || public key)`; MalformedKey if it is none."""
        parts = text.split("+", 2)
        if len(parts) != 3:
            raise MalformedKey("a verifier key is name+id+key")
        name, key_id, encoded = parts
        key = cls(name, *_material(encoded))
        _check_id(key, key_id)
        return key

    def __str__(self) -> str:
        """The vkey."""
        encoded = base64.b64encode(bytes([self.algorithm]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    def holds(self, signature: bytes, message: bytes) -> bool:
        """Whether this key made the 64 bytes over the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, repr=False)
class SigningKey:
    """The secret half of a key; `seed` is Ed25519's 32 bytes."""

    name: str
    seed: bytes
    algorithm: Algorithm = Algorithm.LOG

    def __post_init__(self) -> None:
        """MalformedKey if the name or the length is not a key's."""
        _check_name(self.name)
        if len(self.seed) != KEY_BYTES:
            raise MalformedKey(f"a seed has {KEY_BYTES} bytes")

    @classmethod
    def generate(cls, name: str, seed_bytes: bytes, algorithm: Algorithm = Algorithm.LOG) -> Self:
        """A new key from 32 random bytes."""
        return cls(name, seed_bytes, algorithm)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key of `PRIVATE+KEY+name+hexid+base64(algorithm || seed)`, as `text` writes it."""
        parts = text.strip().split("+", 4)
        if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"]:
            raise MalformedKey("a signing key is PRIVATE+KEY+name+id+seed")
        algorithm, seed = _material(parts[4])
        key = cls(parts[2], seed, algorithm)
        _check_id(key.verifier, parts[3])
        return key

    @property
    def text(self) -> str:
        """What a key file holds."""
        encoded = base64.b64encode(bytes([self.algorithm]) + self.seed).decode()
        return f"PRIVATE+KEY+{self.name}+{self.verifier.key_id.hex()}+{encoded}"

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        public = self._private().public_key().public_bytes_raw()
        return VerifierKey(self.name, self.algorithm, public)

    def signed(self, message: bytes) -> bytes:
        """64 bytes over a message."""
        return self._private().sign(message)

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def __repr__(self) -> str:
        """Without the secret."""
        return f"SigningKey({self.name})"


@dataclass(frozen=True)
class Signature:
    """A signature line. `payload`: what the algorithm of the key makes of the note's text."""

    name: str
    key_id: bytes
    payload: bytes

    @property
    def line(self) -> str:
        """As it stands in a note, with its newline."""
        return f"{_DASH} {self.name} {base64.b64encode(self.key_id + self.payload).decode()}\n"

    def is_of(self, key: VerifierKey) -> bool:
        """Whether it says that this key made it."""
        return self.name == key.name and self.key_id == key.key_id


@dataclass(frozen=True)
class Note:
    """A text, which ends in a newline, and who signed it."""

    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        """The note's bytes."""
        return (self.text + "\n" + "".join(each.line for each in self.signatures)).encode()


def parse_note(encoded: bytes) -> Note:
    """The note of these bytes, nothing of it believed yet; MalformedNote."""
    if len(encoded) > MAX_NOTE_BYTES:
        raise MalformedNote(f"a note has at most {MAX_NOTE_BYTES} bytes")
    text = _readable(encoded)
    above, empty_line, lines = text.rpartition("\n\n")
    if not empty_line:
        raise MalformedNote("no empty line parts the text from the signatures")
    return Note(above + "\n", parse_signatures(lines))


def parse_signatures(lines: str) -> tuple[Signature, ...]:
    """Signature lines, one or more, each with its newline; MalformedNote."""
    if not lines.endswith("\n"):
        raise MalformedNote("the last signature line has no end")
    each = lines[:-1].split("\n")
    if len(each) > MAX_SIGNATURES:
        raise MalformedNote(f"a note has at most {MAX_SIGNATURES} signatures")
    return tuple(map(_signature, each))


def sign(text: str, key: SigningKey) -> Signature:
    """A log's signature over a text; MalformedNote if no note can hold the text.

    ValueError for a witness's key.
    """
    if key.algorithm is not Algorithm.LOG:
        raise ValueError("a witness's key signs cosignatures alone")
    check_text(text)
    return Signature(key.name, key.verifier.key_id, key.signed(text.encode()))


def verified(note: Note, keys: Iterable[VerifierKey]) -> tuple[VerifierKey, ...]:
    """Those of the logs' keys that signed the note, at least one.

    NoteRefused if none did, or if a signature that names one of them is not its own. ValueError
    for a key that is no log's.
    """
    signers: dict[VerifierKey, None] = {}
    for key in keys:
        if key.algorithm is not Algorithm.LOG:
            raise ValueError("a witness's key does not verify a note")
        for signature in note.signatures:
            if not signature.is_of(key):
                continue
            if not key.holds(signature.payload, note.text.encode()):
                raise NoteRefused(f"the signature of {key.name} is not good")
            signers[key] = None
    if not signers:
        raise NoteRefused("no known key signed it")
    return tuple(signers)


def check_text(text: str) -> None:
    """MalformedNote unless a note can hold this text."""
    if not text.endswith("\n"):
        raise MalformedNote("a note's text ends in a newline")
    _readable(text.encode())


def exact_base64(text: str) -> bytes:
    """The bytes of standard base64 in its one spelling; ValueError."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not base64") from error
    # Python ignores the bits that the last character has to spare.
    if base64.b64encode(decoded).decode() != text:
        raise ValueError("not the one spelling of base64")
    return decoded


def exact_decimal(text: str) -> int:
    """A whole number from 0, without leading zeroes, below 2^63; ValueError."""
    if not _DECIMAL.fullmatch(text) or int(text) >= 1 << 63:
        raise ValueError("not a whole number")
    return int(text)


def _readable(encoded: bytes) -> str:
    try:
        text = encoded.decode()
    except UnicodeDecodeError as error:
        raise MalformedNote("a note is UTF-8") from error
    if any(character < " " and character != "\n" for character in text):
        raise MalformedNote("a note has no control characters")
    return text


def _signature(line: str) -> Signature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != _DASH or not _is_name(parts[1]):
        raise MalformedNote("a signature line is a dash, a name and a signature")
    try:
        decoded = exact_base64(parts[2])
    except ValueError as error:
        raise MalformedNote("a signature is not base64") from error
    if len(decoded) <= KEY_ID_BYTES:
        raise MalformedNote("a signature is a key id and more")
    return Signature(parts[1], decoded[:KEY_ID_BYTES], decoded[KEY_ID_BYTES:])


def _is_name(name: str) -> bool:
    return bool(name) and not any(c.isspace() or c == "+" or c < " " for c in name)


def _check_name(name: str) -> None:
    if not _is_name(name):
        raise MalformedKey("a key's name has no spaces, no plus, and is not empty")


def _material(encoded: str) -> tuple[Algorithm, bytes]:
    try:
        material = exact_base64(encoded)
        return Algorithm(material[0]), material[1:]
    except (ValueError, IndexError) as error:
        raise MalformedKey("this is no Ed25519 key of a log or a witness") from error


def _check_id(key: VerifierKey, key_id: str) -> None:
    if not _HEX_ID.fullmatch(key_id) or key.key_id.hex() != key_id:
        raise MalformedKey("the key's id is not that of its name and bytes")
