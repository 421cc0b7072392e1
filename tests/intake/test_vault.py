"""What is sealed opens in its place with its key, and nowhere else."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.vault import SealBroken, UnusableKeyRing, Vault

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
PLACE = "vault_document/1/body"
SECRET = b"Amara Quill"


@pytest.fixture
def ring(tmp_path: Path) -> Callable[..., Path]:
    """Writes a key ring's file with some lines and a mode."""

    def write(*lines: str, mode: int = 0o600) -> Path:
        path = tmp_path / "vault.key"
        path.write_text("\n".join(lines))
        path.chmod(mode)
        return path

    return write


@given(st.binary(), st.text(max_size=20))
def test_sealed_bytes_open_in_their_place(plaintext: bytes, place: str) -> None:
    """Any bytes come back as they were."""
    vault = Vault([KEY])
    assert vault.open(vault.seal(plaintext, place), place) == plaintext


def test_every_byte_is_guarded() -> None:
    """A change of any one bit, or the loss of any byte, is seen."""
    vault = Vault([KEY])
    sealed = vault.seal(SECRET, PLACE)
    damaged = [
        sealed[:at] + bytes([sealed[at] ^ 1 << bit]) + sealed[at + 1 :]
        for at in range(len(sealed))
        for bit in range(8)
    ]
    damaged += [sealed[:at] for at in range(len(sealed))] + [sealed + b"\0", b""]
    for each in damaged:
        with pytest.raises(SealBroken):
            vault.open(each, PLACE)


def test_value_moved_to_another_row_does_not_open() -> None:
    """A ciphertext is bound to its place."""
    vault = Vault([KEY])
    with pytest.raises(SealBroken):
        vault.open(vault.seal(SECRET, PLACE), "vault_document/2/body")


def test_another_key_does_not_open() -> None:
    """Sealed with a key that is not on the ring it stays shut, and the error tells nothing."""
    with pytest.raises(SealBroken) as refusal:
        Vault([OTHER_KEY]).open(Vault([KEY]).seal(SECRET, PLACE), PLACE)
    assert "Amara" not in str(refusal.value)
    assert refusal.value.__context__ is None


def test_rotated_ring_opens_old_and_seals_new() -> None:
    """An older key still opens; the first one seals, so that the older can go one day."""
    old, rotated, new = Vault([KEY]), Vault([OTHER_KEY, KEY]), Vault([OTHER_KEY])
    sealed_before = old.seal(SECRET, PLACE)
    assert rotated.open(sealed_before, PLACE) == SECRET
    sealed_anew = rotated.seal(rotated.open(sealed_before, PLACE), PLACE)
    assert new.open(sealed_anew, PLACE) == SECRET
    with pytest.raises(SealBroken):
        new.open(sealed_before, PLACE)


def test_rotated_ring_still_recognises() -> None:
    """A new key above the old one changes no fingerprint."""
    before, after = Vault([KEY]), Vault([OTHER_KEY, KEY])
    assert after.fingerprint("amara", "person") == before.fingerprint("amara", "person")


def test_same_bytes_are_never_sealed_alike() -> None:
    """A fresh nonce hides that two rows hold the same."""
    vault = Vault([KEY])
    assert vault.seal(SECRET, PLACE) != vault.seal(SECRET, PLACE)


def test_randomness_can_be_given() -> None:
    """With given randomness a seal is reproducible."""
    first, second = Vault([KEY], random=bytes), Vault([KEY], random=bytes)
    assert first.seal(SECRET, PLACE) == second.seal(SECRET, PLACE)


def test_fingerprint_depends_on_key_domain_and_text() -> None:
    """Only the same text in the same domain under the same key gives the same fingerprint."""
    vault = Vault([KEY])
    prints = [
        vault.fingerprint("ab", "c"),
        vault.fingerprint("b", "ca"),
        vault.fingerprint("ab", "d"),
        Vault([OTHER_KEY]).fingerprint("ab", "c"),
    ]
    assert len(set(prints)) == len(prints)
    assert Vault([KEY]).fingerprint("ab", "c") == prints[0]
    assert {len(each) for each in prints} == {32}


def test_ring_is_read_from_its_file(ring: Callable[..., Path]) -> None:
    """One key a line, the first one current."""
    vault = Vault.from_file(ring(OTHER_KEY.hex(), KEY.hex().upper()))
    assert vault.open(Vault([KEY]).seal(SECRET, PLACE), PLACE) == SECRET
    assert vault.seal(SECRET, PLACE)[:9] == Vault([OTHER_KEY]).seal(SECRET, PLACE)[:9]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "holds no key"),
        ([KEY.hex(), "# old", KEY.hex()], "line 2 is not a key"),
        ([KEY.hex()[1:]], "line 1 is not a key"),
        ([KEY.hex() + "é"], "line 1 is not a key"),
        ([KEY.hex(), KEY.hex()], "a key twice"),
    ],
)
def test_file_that_is_no_ring_is_refused(
    ring: Callable[..., Path], lines: list[str], words: str
) -> None:
    """The refusal says the line, never a key."""
    with pytest.raises(UnusableKeyRing) as refusal:
        Vault.from_file(ring(*lines))
    assert words in str(refusal.value)
    assert KEY.hex()[1:] not in str(refusal.value)


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o604, 0o700])
def test_ring_that_others_can_read_is_refused(ring: Callable[..., Path], mode: int) -> None:
    """A key file open to others is not used."""
    with pytest.raises(UnusableKeyRing, match="too open"):
        Vault.from_file(ring(KEY.hex(), mode=mode))


def test_ring_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A missing file is told by its path."""
    with pytest.raises(UnusableKeyRing, match=r"absent\.key: cannot be read"):
        Vault.from_file(tmp_path / "absent.key")


def test_vault_prints_no_key() -> None:
    """Nothing that a log could show of a vault holds key material."""
    assert os.fsencode(repr(Vault([KEY]))).find(KEY.hex().encode()) == -1
