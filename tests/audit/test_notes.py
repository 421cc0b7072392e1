"""Signed notes are read in their one spelling, and believed only by their signatures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.tlog.notes import (
    Algorithm,
    MalformedKey,
    MalformedNote,
    Note,
    NoteRefused,
    Signature,
    SigningKey,
    VerifierKey,
    exact_base64,
    exact_decimal,
    parse_note,
    parse_signatures,
    sign,
    verified,
)
from tests.audit.verify.laid import LOG, OTHER_LOG, POLICE, flip

# The example of the public specification.
VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ON"
    "ncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()

# Another of its examples: the text holds empty lines, and the key is not given.
POEM = (
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
    "— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQ"
    "U0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
).encode()


def test_the_published_note_is_verified_by_the_published_key() -> None:
    """The example of the specification holds, and both are written as they were read."""
    key = VerifierKey.parse(VKEY)
    note = parse_note(NOTE)

    assert verified(note, [key]) == (key,)
    assert (str(key), note.encode()) == (VKEY, NOTE)


def test_a_text_may_hold_empty_lines() -> None:
    """The last empty line parts the text from the signatures."""
    note = parse_note(POEM)

    assert note.text.endswith("sole:\n\ned è subito sera.\n")
    assert [each.name for each in note.signatures] == ["quasimodo.example/salvatore"]


@given(st.integers(0, len(NOTE) * 8 - 1))
def test_any_bit_flipped_in_a_note_is_refused(bit: int) -> None:
    """Text, name, key id, signature: nothing of a note with one signature can be changed."""
    with pytest.raises(NoteRefused):
        verified(parse_note(flip(NOTE, bit)), [VerifierKey.parse(VKEY)])


@given(st.integers(0, len(VKEY) * 8 - 1))
def test_any_bit_flipped_in_a_key_is_refused(bit: int) -> None:
    """The id of a key is a sum over the rest of it."""
    with pytest.raises(MalformedKey):
        VerifierKey.parse(flip(VKEY.encode(), bit).decode("latin-1"))


@given(st.binary(max_size=300))
def test_whatever_bytes_come_are_a_note_or_refused(encoded: bytes) -> None:
    """No other error leaves the parser, and what it takes it writes again."""
    try:
        note = parse_note(encoded)
    except MalformedNote:
        return
    assert note.encode() == encoded


@given(
    text=st.text(st.characters(exclude_categories=["Cc", "Cs"])).map(lambda text: text + "\n"),
    seed=st.binary(min_size=32, max_size=32),
)
def test_what_is_signed_is_verified(text: str, seed: bytes) -> None:
    """Of every text that a note can hold, and by the key alone that signed it."""
    key = SigningKey.generate("log.example/1", seed)
    note = parse_note(Note(text, (sign(text, key),)).encode())

    assert note.text == text
    assert verified(note, [key.verifier, OTHER_LOG.verifier]) == (key.verifier,)


def test_signatures_of_unknown_keys_are_left_aside() -> None:
    """Witnesses, new keys: what nobody knows neither helps nor harms."""
    strange = Signature("stranger.example", b"\0\0\0\0", b"\0")
    same_name = Signature(LOG.name, b"\0\0\0\0", b"\0")
    note = Note("text\n", (strange, same_name, sign("text\n", LOG)))

    assert verified(note, [LOG.verifier]) == (LOG.verifier,)


def test_a_note_that_no_known_key_signed_is_refused() -> None:
    """Without a signature by a known key there is nothing to believe."""
    with pytest.raises(NoteRefused, match="no known key"):
        verified(Note("text\n", (sign("text\n", OTHER_LOG),)), [LOG.verifier])


def test_a_known_key_whose_signature_fails_refuses_the_whole_note() -> None:
    """A second, good signature does not make up for a forged one."""
    forged = Signature(LOG.name, LOG.verifier.key_id, bytes(64))
    note = Note("text\n", (sign("text\n", OTHER_LOG), forged))

    with pytest.raises(NoteRefused, match="not good"):
        verified(note, [OTHER_LOG.verifier, LOG.verifier])


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        b"text\n",
        b"text\n\n",
        NOTE[:-1],
        NOTE + b"\n",
        NOTE.replace(b"\n", b"\r\n"),
        NOTE.replace(b"This", b"\tThis"),
        NOTE.replace(b"This", b"\xffThis"),
        NOTE.replace("— ".encode(), b"- "),
        NOTE.replace("— ".encode(), "—  ".encode()),
        NOTE.replace(b"example.com/foo", b"example.com+foo"),
        NOTE.replace(b"example.com/foo", "example.com\u2003foo".encode()),
        NOTE.replace(b"aQM=", b"aQM"),
        NOTE.replace(b"aQM=", b"aQN="),
        "text\n\n— a AAAAAA==\n".encode(),
        b"text\n" + "\n".join(["", *["— a AAAAAAA="] * 101, ""]).encode(),
        b"a" * 300_000 + NOTE,
    ],
)
def test_what_is_no_note_is_refused(encoded: bytes) -> None:
    """Each of these is nearly one."""
    with pytest.raises(MalformedNote):
        parse_note(encoded)


def test_sixteen_signatures_are_read() -> None:
    """As many as every reader has to take."""
    lines = "".join(sign("text\n", LOG).line for _ in range(16))

    assert parse_signatures(lines) == (sign("text\n", LOG),) * 16


@pytest.mark.parametrize("key", [LOG, POLICE])
def test_a_signing_key_is_read_as_it_is_written(key: SigningKey) -> None:
    """Name, kind and seed; and it does not show itself where it is printed."""
    assert SigningKey.parse(key.text + "\n") == key
    assert key.text.startswith(f"PRIVATE+KEY+{key.name}+{key.verifier.key_id.hex()}+")
    assert repr(key) == f"SigningKey({key.name})"


@pytest.mark.parametrize(
    "text",
    ["", "PRIVATE+KEY+x", LOG.text[:-1], LOG.text.replace("example", "exemple"), str(LOG.verifier)],
)
def test_what_is_no_signing_key_is_refused_without_quoting_it(text: str) -> None:
    """The error could be logged."""
    with pytest.raises(MalformedKey) as caught:
        SigningKey.parse(text)
    assert not text or text.rpartition("+")[2] not in str(caught.value).split("+")


@pytest.mark.parametrize("name", ["", "two words", "a+b", "line\nend", "a\u00a0b"])
def test_a_key_has_a_name_that_a_note_can_carry(name: str) -> None:
    """Spaces and plus part the fields."""
    with pytest.raises(MalformedKey):
        SigningKey.generate(name, bytes(32))


def test_keys_do_what_they_are_for() -> None:
    """A witness's key signs no note, and verifies none."""
    note = Note("text\n", (sign("text\n", LOG),))

    with pytest.raises(ValueError, match="cosignatures alone"):
        sign("text\n", POLICE)
    with pytest.raises(ValueError, match="does not verify a note"):
        verified(note, [POLICE.verifier])
    assert POLICE.algorithm is Algorithm.COSIGNATURE


@pytest.mark.parametrize("text", ["no end", "bell\a\n"])
def test_a_text_that_no_note_can_hold_is_not_signed(text: str) -> None:
    """It could not be read again."""
    with pytest.raises(MalformedNote):
        sign(text, LOG)


@pytest.mark.parametrize("text", ["", "01", "-1", "1_0", "+1", " 1", "१", "9223372036854775808"])
def test_a_number_has_one_spelling(text: str) -> None:
    """Digits without leading zeroes, below 2^63."""
    with pytest.raises(ValueError, match="whole number"):
        exact_decimal(text)
    assert exact_decimal("9223372036854775807") == 2**63 - 1


@pytest.mark.parametrize("text", ["AA", "AB==", "A A=", "AA==\n", "é"])
def test_base64_has_one_spelling(text: str) -> None:
    """Padded, without spare bits or spaces."""
    with pytest.raises(ValueError, match="base64"):
        exact_base64(text)
    assert exact_base64("AA==") == b"\0"
