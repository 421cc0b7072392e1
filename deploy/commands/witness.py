"""witness: another party vouches for the audit log, and for nothing that rewrites it."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from threading import Event, Thread
from typing import Annotated, Final

import typer
import uvicorn

from deploy.commands.console import cannot, say
from deploy.commands.verify import read_policy
from deploy.log_address import LogAddress
from deploy.witness_server import witness_app, words
from services.audit.tlog.checkpoint import cosigned, parse_checkpoint
from services.audit.tlog.notes import (
    MAX_NOTE_BYTES,
    Algorithm,
    MalformedKey,
    Note,
    NoteRefused,
    SigningKey,
    VerifierKey,
    parse_note,
    verified,
)
from services.audit.tlog.witness_policy import Policy
from services.audit.verify import CannotCheck, DoesNotHold
from services.audit.verify.reading import Tiles
from services.audit.verify.tree import consistency_proof
from services.audit.verify.whole import CHECKPOINT
from services.audit.witness import Cosigned, MemoryLost, Witness, request
from shared.words import counted

LOOK_SECONDS: Final = 2.0
"""Between two looks at a log: as long is its newest entry without this witness's word."""

STILL: Final = timedelta(hours=2)
"""Every service of a log states each hour what it told, so a log that runs grows each hour."""

COSIGNATURES: Final = "cosignatures"


def utc_now() -> datetime:
    """The clock of the witness; tests bring their own."""
    return datetime.now(UTC)


def witness(
    policy: Annotated[Path, typer.Option(help="Whose logs to vouch for: c2sp.org/tlog-policy.")],
    key: Annotated[Path, typer.Option(help="The witness's key, from `keys witness`.")],
    memory: Annotated[Path, typer.Option(help="The one file that it keeps.")],
    listen: Annotated[str, typer.Option(metavar="HOST:PORT", help="Let logs ask it here.")] = "",
    log: Annotated[str, typer.Option(metavar="URL", help="Look at this log (…/audit).")] = "",
) -> None:
    """Cosign what goes on from what was cosigned before, until it is stopped."""
    if not listen and not log:
        cannot("a witness listens, or looks at a log: give --listen, --log or both")
    host, _, port = listen.rpartition(":")
    if listen and not (host and port.isascii() and port.isdecimal()):
        cannot(f"{listen} is no HOST:PORT")
    tell = Teller()
    try:
        trusted, signing = read_policy(policy), _read_key(key)
        if not trusted.logs:
            cannot(f"{policy} names no log to vouch for")
        if not memory.parent.is_dir():
            cannot(f"there is no folder {memory.parent} to keep {memory.name} in")
        if not memory.exists():
            say(f"{memory} is new: the first checkpoint of each log is cosigned as it comes")
        core = Witness(trusted, signing, memory)
        with ExitStack() as stack:
            follower = None
            if log:
                address = stack.enter_context(LogAddress(log))
                follower = Follower(core, signing.verifier, trusted, address, tell)
            say(f"{signing.verifier}")
            _run(core, follower, host.strip("[]"), port, tell)
    except (CannotCheck, MemoryLost) as error:
        cannot(str(error))


class Teller:
    """Says each thing once, however often it is so."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, text: str) -> None:
        """Tell a person, unless that was the last thing told."""
        if text != self._last:
            say(text)
            self._last = text


@dataclass
class Follower:
    """Looks at one log and brings it the witness's word."""

    witness: Witness
    key: VerifierKey
    policy: Policy
    address: LogAddress
    tell: Callable[[str], None]
    clock: Callable[[], datetime] = utc_now
    _grown: tuple[int, datetime] | None = None

    def run(self, stop: Event) -> None:
        """Look again and again."""
        while not stop.is_set():
            self.look()
            stop.wait(LOOK_SECONDS)

    def look(self) -> None:
        """Cosign the newest checkpoint if that is new, and goes on from the last; say if the log
        stands still, whatever else there is to say."""
        try:
            said = self._look()
            self.tell(self._stands_still() or said)
        except (NoteRefused, DoesNotHold) as error:
            self.tell(f"NOT COSIGNED: {error}")
        except (CannotCheck, MemoryLost) as error:
            self.tell(f"nothing is cosigned: {error}")

    def _look(self) -> str:
        encoded = self.address.read(CHECKPOINT, MAX_NOTE_BYTES)
        if encoded is None:
            raise CannotCheck(f"there is no checkpoint at {self.address}")
        note = parse_note(encoded)
        checkpoint = parse_checkpoint(note.text)
        verified(note, self.policy.log_keys(checkpoint.origin))
        size, origin = checkpoint.size, checkpoint.origin
        if self._grown is None or size > self._grown[0]:
            self._grown = size, self.clock()
        if cosigned(note, [self.key]):
            return f"cosigned {origin} with {counted(size, 'entry', 'entries')}, and it has that"
        before = self.witness.size(origin)
        if before > size:
            raise DoesNotHold(
                f"{origin} has shrunk: {counted(before, 'entry was', 'entries were')} cosigned,"
                f" it shows {size:,}"
            )
        proof = consistency_proof(Tiles(self.address, size), before)
        outcome = self.witness.add_checkpoint(request(before, proof, encoded), self.clock())
        if not isinstance(outcome, Cosigned):
            return words(outcome)
        brought = Note(note.text, (*note.signatures, outcome.signature)).encode()
        status = self.address.bring(COSIGNATURES, brought)
        if status == HTTPStatus.FORBIDDEN:
            return (
                f"{words(outcome)}; the log did not take that: its policy does not know this"
                f" witness. Ask whoever runs the log to add the line `witness NAME {self.key}` to"
                " its policy, and to start audit again"
            )
        if status is None or not 200 <= status < 300:
            return f"{words(outcome)}; the log did not take that: {status or 'no answer'}"
        return words(outcome)

    def _stands_still(self) -> str | None:
        if self._grown is None or self.clock() < self._grown[1] + STILL:
            return None
        size, since = self._grown
        return (
            f"STANDS STILL: it shows {counted(size, 'entry', 'entries')} since"
            f" {since:%Y-%m-%d %H:%M} UTC. A log that runs grows every hour: this one does not"
            " run, or shows others more than it shows here"
        )


def _run(
    core: Witness, follower: Follower | None, host: str, port: str, tell: Callable[[str], None]
) -> None:
    stop = Event()
    looking = Thread(target=follower.run, args=(stop,)) if follower else None
    try:
        if looking:
            looking.start()
        if port:
            app = witness_app(core, utc_now, tell)
            uvicorn.run(app, host=host, port=int(port), log_level="warning")
        elif looking:
            looking.join()
    except KeyboardInterrupt:
        say("stopping")
    finally:  # also where the port is taken
        stop.set()
        if looking:
            looking.join()


def _read_key(file: Path) -> SigningKey:
    try:
        key = SigningKey.parse(file.read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError, MalformedKey) as error:
        raise CannotCheck(f"{file} is no key: make one with `keys witness`") from error
    if key.algorithm is not Algorithm.COSIGNATURE:
        raise CannotCheck(f"{file} is the key of a log, and a witness has its own")
    return key
