"""mirror: a copy of a log's files, to be checked, kept or served elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from deploy.commands.console import AsJson, cannot, give, say
from deploy.log_address import LogAddress
from services.audit.tlog.checkpoint import Checkpoint, parse_checkpoint
from services.audit.tlog.notes import MAX_NOTE_BYTES, NoteRefused, parse_note
from services.audit.verify import CannotCheck, DoesNotHold, Source
from services.audit.verify.memory import write_whole
from services.audit.verify.reading import WIDTH, tile_path, width_at
from services.audit.verify.whole import CHECKPOINT, WITNESSED
from shared.words import counted

# A tile of entries: 256 of them, each of two bytes of length and at most 65,535 of content.
_LONGEST_TILE: Final = WIDTH * (2 + 65_535)


def mirror(
    url: Annotated[str, typer.Argument(help="The log's address (…/audit).")],
    folder: Annotated[Path, typer.Argument(help="Where the copy is, or is to be.")],
    as_json: AsJson = False,
) -> None:
    """Copy a log's files, or bring a copy up to date; exit 1 if the log is not its continuation.

    Nothing is believed and nothing is checked but sizes: that is what `verify FOLDER` is for.
    """
    try:
        with LogAddress(url) as address:
            copied = copy(address, folder)
    except DoesNotHold as error:
        say(str(error))
        raise typer.Exit(1) from None
    except CannotCheck as error:
        cannot(str(error))
    except OSError as error:
        cannot(f"{folder} cannot be written: {error.strerror}")
    if as_json:
        give({"entries": copied.entries, "fetched": copied.fetched})
    else:
        say(
            f"{folder} holds all {counted(copied.entries, 'entry', 'entries')};"
            f" {counted(copied.fetched, 'file is', 'files are')} new"
        )
        say(f"now check it: ./fingerpost verify {folder}")


@dataclass(frozen=True)
class Copied:
    """How large the copy is, and how many of its tiles came with this run."""

    entries: int
    fetched: int


def copy(source: Source, folder: Path) -> Copied:
    """Copy what a folder does not hold yet. Whatever stops it, what the folder's checkpoint covers
    is there: the checkpoint comes last.

    DoesNotHold if the log is not a continuation of the copy, or does not show what it signed.
    CannotCheck if it cannot be reached.
    """
    witnessed = source.read(WITNESSED, MAX_NOTE_BYTES)
    encoded = source.read(CHECKPOINT, MAX_NOTE_BYTES)
    if encoded is None:
        raise CannotCheck(f"there is no checkpoint at {source}")
    checkpoint = _checkpoint(encoded)
    _refuse_another(checkpoint, folder)
    fetched = sum(_fetch(source, folder, *tile) for tile in _tiles(checkpoint.size))
    folder.mkdir(parents=True, exist_ok=True)
    if witnessed is not None:
        write_whole(folder / WITNESSED, witnessed)
    write_whole(folder / CHECKPOINT, encoded)
    _forget_parts(folder, checkpoint.size)
    return Copied(checkpoint.size, fetched)


def _checkpoint(encoded: bytes) -> Checkpoint:
    try:
        return parse_checkpoint(parse_note(encoded).text)
    except NoteRefused as error:
        raise DoesNotHold(f"the checkpoint cannot be read: {error}") from error


def _refuse_another(checkpoint: Checkpoint, folder: Path) -> None:
    file = folder / CHECKPOINT
    if not file.exists():
        return
    held = _checkpoint(file.read_bytes())
    if held.origin != checkpoint.origin:
        raise DoesNotHold(f"{folder} is a copy of {held.origin}, not of {checkpoint.origin}")
    if held.size > checkpoint.size:
        raise DoesNotHold(
            f"the log has shrunk: {counted(held.size, 'entry is', 'entries are')} copied, and it"
            f" shows {checkpoint.size:,}"
        )
    if held.size == checkpoint.size and held.root != checkpoint.root:
        raise DoesNotHold(
            f"the log signed two different histories of {counted(held.size, 'entry', 'entries')}"
        )


def _tiles(size: int) -> Iterator[tuple[int | str, int, int]]:
    """Level, number and width of every tile that a tree of this size has."""
    level = 0
    while size >> 8 * level:
        for number in range(-(-(size >> 8 * level) // WIDTH)):
            width = width_at(level, number, size)
            yield level, number, width
            if level == 0:
                yield "entries", number, width
        level += 1


def _fetch(source: Source, folder: Path, level: int | str, number: int, width: int) -> bool:
    """Copy a tile if it is not there; a part that the log has completed since, as the full one."""
    paths = dict.fromkeys((tile_path(level, number, width), tile_path(level, number)))
    if any((folder / path).exists() for path in paths):
        return False
    for path in paths:
        tile = source.read(path, _LONGEST_TILE)
        if tile is not None:
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, tile)
            return True
    raise DoesNotHold(f"{tile_path(level, number, width)} is missing, and the checkpoint covers it")


def _forget_parts(folder: Path, size: int) -> None:
    """Parts of tiles of smaller trees: nobody needs them any more."""
    needed = {folder / tile_path(*tile) for tile in _tiles(size)}
    for part in (folder / "tile").glob("**/*.p/*"):
        if part not in needed:
            part.unlink()
    for emptied in (folder / "tile").glob("**/*.p"):
        if not any(emptied.iterdir()):
            emptied.rmdir()
