"""The root of a tree whose leaves come one by one, found in another way than the log finds it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from services.audit.tlog.merkle import EMPTY_ROOT, leaf_hash, node_hash


@dataclass
class Frontier:
    """Of each complete subtree at the right edge its hash, the largest first (RFC 6962, 2.1)."""

    size: int = 0
    _hashes: list[bytes] = field(default_factory=list)

    def add(self, leaves: Iterable[bytes]) -> None:
        """Leaves' data, in order."""
        for leaf in leaves:
            self._hashes.append(leaf_hash(leaf))
            self.size += 1
            # Two of a size become one as often as the size is divisible by two.
            for _ in range((self.size & -self.size).bit_length() - 1):
                right = self._hashes.pop()
                self._hashes.append(node_hash(self._hashes.pop(), right))

    @property
    def root(self) -> bytes:
        """Of all leaves so far."""
        if not self._hashes:
            return EMPTY_ROOT
        *others, root = self._hashes
        for each in reversed(others):
            root = node_hash(each, root)
        return root
