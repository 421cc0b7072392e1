"""The folder of keys."""

import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.cli import app
from deploy.keys import LOCAL_LOG, Keys, KeysError, load, make
from services.audit.tlog.notes import SigningKey, VerifierKey
from services.audit.tlog.witness_policy import parse_policy


def everything_in(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_nobody_else_can_read_them(tmp_path: Path) -> None:
    """Every folder is open to its owner alone, and so is every file."""
    folder = make(tmp_path / "keys", ["met-police"]).folder

    modes = {p.is_dir(): stat.S_IMODE(p.stat().st_mode) for p in [folder, *folder.rglob("*")]}

    assert modes == {True: 0o700, False: 0o600}


def test_a_key_that_is_there_is_kept(tmp_path: Path) -> None:
    """Making again changes no key, and a new agency adds its seed alone."""
    make(tmp_path / "keys", ["met-police"])
    before = everything_in(tmp_path / "keys")

    make(tmp_path / "keys", ["met-police", "gp-surgery"])

    after = everything_in(tmp_path / "keys")
    assert after.keys() - before.keys() == {"nats/agencies/gp-surgery.seed"}
    assert before.items() <= after.items()


def test_every_user_has_a_key_of_its_own(tmp_path: Path) -> None:
    """No two users of the broker share a seed, and no two roles a password."""
    keys = make(tmp_path / "keys", ["met-police", "gp-surgery"])

    seeds = [p.read_text() for p in (keys.folder / "nats").rglob("*.seed")]
    passwords = [p.read_text() for p in (keys.folder / "postgres").glob("*.password")]

    assert len(set(seeds)) == len(seeds) == 7
    assert len(set(passwords)) == len(passwords) == 6


def test_the_published_token_keys_are_public(tmp_path: Path) -> None:
    """The key set that services check tokens with holds no private part."""
    keys = make(tmp_path / "keys")

    published = json.loads(keys.token_keys_file.read_text())["keys"]
    private = json.loads(keys.token_signing_file.read_text())

    assert [set(key) for key in published] == [{"kty", "crv", "x", "y", "kid", "use", "alg"}]
    assert published[0]["kid"] == private["kid"]
    assert "d" in private


def test_a_folder_open_to_others_is_refused(tmp_path: Path) -> None:
    """Keys that others may read are not used, and the refusal says what to do."""
    folder = make(tmp_path / "keys").folder
    folder.chmod(0o755)

    with pytest.raises(KeysError, match="chmod 700"):
        load(folder)


def test_a_folder_without_keys_is_refused(tmp_path: Path) -> None:
    """Loading makes nothing: a wrong path is told."""
    with pytest.raises(KeysError, match="make them first"):
        load(tmp_path)


@pytest.mark.parametrize("agency", ["../intake", "Met-Police", "a", "a.b", "*", "x" * 41])
def test_an_agency_is_a_slug(tmp_path: Path, agency: str) -> None:
    """A name that could leave its folder or be a wildcard of the broker is refused."""
    with pytest.raises(KeysError, match="is no agency"):
        make(tmp_path / "keys", [agency])


def keys_log(folder: Path, name: str = LOCAL_LOG) -> Result:
    """`fingerpost keys log`."""
    return CliRunner().invoke(app, ["keys", "log", name, "--keys", str(folder)])


def log_key(file: Path) -> SigningKey:
    return SigningKey.parse(file.read_text())


def test_the_log_has_a_key_and_a_policy_that_names_it(tmp_path: Path) -> None:
    """The policy asks for no witness; the key bears the log's name."""
    keys = make(tmp_path / "keys", log_name="fingerpost.example.gov.uk/audit")

    policy = parse_policy(keys.log_policy_file.read_text())

    key = log_key(keys.log_key_file)
    assert policy.log_keys("fingerpost.example.gov.uk/audit") == (key.verifier,)
    assert policy.accepts([])
    assert keys.log_key_files == (keys.log_key_file,)


def test_the_logs_next_key_stands_beside_the_first(tmp_path: Path) -> None:
    """Its public half is printed, and in the policy beside the other's; a third is refused until
    one has taken the other's place."""
    keys = make(tmp_path / "keys")
    first = keys.log_key_file.read_text()

    added, third = keys_log(keys.folder), keys_log(keys.folder)

    printed = VerifierKey.parse(added.stdout.strip())
    assert (added.exit_code, third.exit_code) == (0, 2)
    assert printed == log_key(keys.log_next_key_file).verifier
    assert keys.log_key_file.read_text() == first
    assert keys.log_key_files == (keys.log_key_file, keys.log_next_key_file)
    policy = parse_policy(keys.log_policy_file.read_text())
    assert policy.log_keys(LOCAL_LOG) == (log_key(keys.log_key_file).verifier, printed)
    assert stat.S_IMODE(keys.log_next_key_file.stat().st_mode) == 0o600


def test_a_logs_first_key_needs_no_other_keys(tmp_path: Path) -> None:
    """On a host of its own there may be nothing else; a name that none can bear is refused."""
    added, refused = keys_log(tmp_path / "keys"), keys_log(tmp_path / "other", "two words")

    assert added.stdout.strip() == str(log_key(Keys(tmp_path / "keys").log_key_file).verifier)
    assert (refused.exit_code, refused.stdout) == (2, "")
