"""A bundle as the log would pack it, made here from the formats alone."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid5

from services.audit.formats import Asked, BundleEntry, BundleQuery
from services.audit.tlog.notes import SigningKey
from services.audit.tlog.proof_file import ProofFile
from services.audit.verify import Memory, Report, check_bundle
from shared.events import CloudEvent, envelope
from tests.audit.heard import MOMENT, withdrawn
from tests.audit.verify.laid import ALONE, LOG, checkpoint, entries, inclusion, note, policy, tree

REFERRAL = UUID("8f8f2ad4-7c2a-4a94-8f0e-0c3f5ff1ba5c")
SIZE = 300
PLACES = (3, 255, 256, 299)
"""Where the referral's events are in the log."""


def event(number: int, sequence: int | None = None) -> CloudEvent:
    """The referral's event of that number."""
    return envelope(
        withdrawn(REFERRAL),
        event_id=uuid5(REFERRAL, str(number)),
        producer="triage",
        subject=REFERRAL,
        time=MOMENT,
        sequence=sequence or number,
    )


@dataclass
class Parts:
    """What a bundle is packed from."""

    events: list[CloudEvent] = field(default_factory=lambda: [event(n) for n in range(1, 5)])
    destroyed: tuple[int, ...] = ()
    shown: tuple[int, ...] = PLACES
    asked: Asked = field(default_factory=lambda: Asked(referral=REFERRAL))
    keys: tuple[SigningKey, ...] = (LOG,)

    def files(self) -> dict[str, bytes]:
        """The bundle's files by name."""
        data = entries(SIZE)
        bodies, salts = {}, {}
        for index, each in zip(PLACES, self.events, strict=True):
            bodies[index] = each.model_dump_json(exclude_none=True).encode()
            salts[index] = sha256(f"salt {index}".encode()).digest()
            data[index] = sha256(salts[index] + bodies[index]).digest()
        hashes, signed = tree(data), note(checkpoint(data), *self.keys)
        lines, files = [], {"checkpoint": signed, "policy": b"whatever the log says"}
        for index, each in zip(PLACES, self.events, strict=True):
            if index not in self.shown:
                continue
            gone = index in self.destroyed
            shown = BundleEntry(
                index=index,
                event_id=each.id,
                type=each.type,
                time=each.time,
                producer=each.producer,
                referral=each.subject,
                leaf_data=data[index].hex(),
                destroyed=gone,
            )
            lines.append(shown.model_dump_json())
            proof = ProofFile(
                index, inclusion(hashes, index, SIZE), signed, None if gone else salts[index]
            )
            files[f"proofs/{index}.tlog-proof"] = proof.encode()
            if not gone:
                files[f"events/{index}.json"] = bodies[index]
        files["entries.jsonl"] = "".join(f"{line}\n" for line in lines).encode()
        files["query.json"] = BundleQuery(asked=self.asked).model_dump_json().encode()
        return files


def packed(files: Mapping[str, bytes]) -> bytes:
    """The files in a zip archive."""
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in files.items():
            bundle.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return archive.getvalue()


def checked_bundle(folder: Path, bundle: Mapping[str, bytes] | bytes, text: str = ALONE) -> Report:
    """What the check of a bundle comes to; its memory is in the folder."""
    file = folder / "bundle.zip"
    file.write_bytes(bundle if isinstance(bundle, bytes) else packed(bundle))
    return check_bundle(file, policy(text), Memory(folder / "memory"))


def with_line(files: Mapping[str, bytes], number: int, **changed: object) -> dict[str, bytes]:
    """The files, with something else shown of one entry."""
    lines = files["entries.jsonl"].decode().splitlines()
    lines[number] = json.dumps({**json.loads(lines[number]), **changed})
    return {**files, "entries.jsonl": "\n".join(lines).encode() + b"\n"}
