"""The checker's own reader of tiles and entries; nothing that it reads is believed yet."""

from dataclasses import dataclass
from typing import Final

from services.audit.tlog.merkle import HASH_BYTES
from services.audit.verify.report import DoesNotHold
from services.audit.verify.source import Source

WIDTH: Final = 256
_LENGTH_BYTES: Final = 2
_MAX_ENTRIES_BYTES: Final = WIDTH * (_LENGTH_BYTES + (1 << 16))


def tile_path(level: int | str, number: int, width: int = WIDTH) -> str:
    """The path of a tile: `tile/0/x001/234`, `tile/entries/000.p/17`."""
    rest, last = divmod(number, 1000)
    parts = [f"{last:03d}"]
    while rest:
        rest, group = divmod(rest, 1000)
        parts.insert(0, f"x{group:03d}")
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(parts)}{partial}"


def width_at(level: int, number: int, size: int) -> int:
    """How many hashes a tree of that size has in a tile: 0 to 256."""
    return max(0, min(WIDTH, (size >> 8 * level) - number * WIDTH))


@dataclass(frozen=True)
class Tiles:
    """The tiles of a log at one size. DoesNotHold where one is missing or has not its length."""

    source: Source
    size: int

    def count(self, level: int) -> int:
        """How many tiles a level has."""
        return -(-(self.size >> 8 * level) // WIDTH)

    def hashes(self, level: int, number: int) -> list[bytes]:
        """The hashes of a tile, from left to right."""
        width = width_at(level, number, self.size)
        tile, kept = self._read(level, number, width, WIDTH * HASH_BYTES)
        if len(tile) != kept * HASH_BYTES:
            raise DoesNotHold(f"{tile_path(level, number, kept)} has not the length of its hashes")
        return [tile[at : at + HASH_BYTES] for at in range(0, width * HASH_BYTES, HASH_BYTES)]

    def entries(self, number: int) -> list[bytes]:
        """The entries of a tile of leaves."""
        width = width_at(0, number, self.size)
        rest, kept = self._read("entries", number, width, _MAX_ENTRIES_BYTES)
        entries: list[bytes] = []
        while rest and len(entries) < kept:
            length = int.from_bytes(rest[:_LENGTH_BYTES], "big")
            entries.append(rest[_LENGTH_BYTES:][:length])
            if len(entries[-1]) != length:
                break
            rest = rest[_LENGTH_BYTES + length :]
        if rest or len(entries) != kept:
            raise DoesNotHold(f"{tile_path('entries', number, kept)} is cut or overlong")
        return entries[:width]

    def _read(self, level: int | str, number: int, width: int, at_most: int) -> tuple[bytes, int]:
        """A tile's file and how many hashes it has to have: the full one may stand for a part."""
        for kept in (width, WIDTH):
            found = self.source.read(tile_path(level, number, kept), at_most)
            if found is not None:
                return found, kept
        path = tile_path(level, number, width)
        raise DoesNotHold(f"{path} is missing, and the checkpoint covers it")
