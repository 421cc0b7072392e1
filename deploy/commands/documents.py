"""Referral documents as people keep them in files: JSON, or a line each; a `document` unwrapped."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy.commands.console import cannot


def read_documents(path: Path) -> Iterator[bytes]:
    """Each document's bytes. Ends with 2 where the file cannot be read as JSON.

    A file that holds one document is handed on byte for byte, so that what is wrong with it is
    said by the one reader that knows.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        cannot(f"{path}: {error.strerror}")
    if path.suffix == ".jsonl":
        for number, line in enumerate(raw.splitlines(), 1):
            if line.strip():
                yield _unwrapped(line, f"{path}, line {number}")
        return
    yield _unwrapped(raw, str(path))


def agency_of(document: bytes) -> str | None:
    """The agency that a document names as its sender, if it can be read."""
    try:
        found = json.loads(document)["source"]["agency"]
    except (ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, str) else None


def _unwrapped(raw: bytes, where: str) -> bytes:
    try:
        found: Any = json.loads(raw)
    except ValueError:
        cannot(f"{where}: this is no JSON")
    if isinstance(found, dict) and isinstance(found.get("document"), dict):
        return json.dumps(found["document"], ensure_ascii=False).encode()
    return raw
