"""After a mutation everybody does what they always do: who finds that something is wrong?"""

import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy.util import greenlet_spawn

from deploy.commands.witness import Follower
from deploy.keys import OWNER
from deploy.log_address import LogAddress
from services.audit.formats import Asked
from services.audit.log.key_memory import MemoryBroken
from services.audit.log.signer import DoesNotExtend
from services.audit.tlog.notes import MAX_NOTE_BYTES, NoteRefused, parse_note, verified
from services.audit.trail.exporting import as_bundle
from services.audit.trail.looking import View
from services.audit.verify import CannotCheck, Memory, Report, Source, check_bundle, check_log
from services.audit.whole import completeness, completeness_store, watching
from services.audit.whole.completeness_store import Slice
from services.audit.witness import Witness
from shared.bus.errors import is_outage
from shared.events import TallyStated, subject_of_service
from tests.faults.tampering import honest
from tests.faults.tampering.attacked import Attacked, CannotBeDone
from tests.faults.tampering.copies import Changed, folder_of
from tests.faults.tampering.hiding import hide
from tests.faults.tampering.mutation import Mutation
from tests.faults.tampering.serving import Served
from tests.faults.tampering.touching import Part, Touched, contradicts, touched

LATER: Final = timedelta(hours=1)
BUNDLES: Final = 3
"""Of so many of the referrals that were touched somebody asks for a bundle."""

BY: Final = {
    "remembered": "`verify`, remembering",
    "cosigned": "`verify`, by cosignatures",
    "newcomer": "`verify`, neither",
    "witness": "witness",
    "bundle": "bundle",
    "watch": "audit's watch",
    "signer": "the borough's signer",
    "audit": "refused to the service",
    "owner": "refused to the owner",
}
"""Who looks, and what the table calls them."""
OUTSIDE: Final = ("remembered", "cosigned", "witness", "bundle")
"""Those by whom, between them, all that is remembered or cosigned has to be found."""


@dataclass
class Verdict:
    """What one mutation came to. `first`: from which entry on the leaves or the tiles are others.
    `must`: it touches what somebody remembers or has cosigned. `found`: who found it, of those who
    looked. `stumbled`: who could not look."""

    name: str
    has_key: bool
    part: Part
    first: int | None = None
    must: bool = False
    found: dict[str, bool] = field(default_factory=dict)
    stumbled: list[str] = field(default_factory=list)

    @property
    def missed(self) -> bool:
        """It had to be found, and nobody outside has."""
        return self.must and not any(self.found.get(each) for each in OUTSIDE)


class _Address(LogAddress):
    """The routes, as a witness reaches them that looks at the log by itself."""

    def __init__(self, served: Source) -> None:
        self._served = served

    def __str__(self) -> str:
        return str(self._served)

    def read(self, path: str, at_most: int) -> bytes | None:
        return self._served.read(path, at_most)

    def bring(self, path: str, content: bytes) -> int | None:
        return self._served.bring(path, content) if isinstance(self._served, Served) else None


async def judge(attacked: Attacked, mutation: Mutation) -> Verdict | None:
    """Mutate, hide, let everybody look, and undo it; None if it cannot be done at all."""
    with suppress(CannotBeDone):
        async with attacked.undone():
            await attacked.do(mutation)
            await hide(attacked.superuser, mutation.hiding, attacked.honest)
            what = await touched(attacked.superuser)
            verdict = Verdict(mutation.name, mutation.hiding.has_key, what.part, what.first)
            await _look(attacked, what, verdict)
        for name, role in (("audit", "audit"), ("owner", OWNER)):
            verdict.found[name] = await attacked.refuses(role, mutation)
        return verdict
    return None


async def _look(attacked: Attacked, what: Touched, verdict: Verdict) -> None:
    found, engine = verdict.found, attacked.engine
    found["signer"] = await _signer(attacked, verdict)
    served = honest.files_of(engine)
    said = await greenlet_spawn(look_as_witness, attacked, served)
    found["witness"] = not said.startswith("cosigned")
    verdict.must = await _must(attacked, what, served)

    await greenlet_spawn(verify_three_ways, attacked, served, found)
    if what.subjects or what.between is not None:
        found["bundle"] = await _bundles(attacked, what)
    found["watch"] = await _watch(attacked, what, verdict)


async def _must(attacked: Attacked, touched: Touched, served: Served) -> bool:
    """By rows alone: what is remembered is not as it was, or is not what is shown as signed."""
    if touched.proved is not None and touched.proved < honest.REMEMBERED:
        return True
    note, is_signed = None, False
    with suppress(NoteRefused, CannotCheck):
        note = await greenlet_spawn(served.read, "checkpoint", MAX_NOTE_BYTES)
        is_signed = bool(note and verified(parse_note(note), [honest.KEY.verifier]))
    return await contradicts(attacked.superuser, note, is_signed)


async def _signer(attacked: Attacked, verdict: Verdict) -> bool:
    """The next half second: does the borough's own signer refuse to go on?"""
    signer = honest.signer(attacked.engine, attacked.memory("keys"))
    try:
        async with attacked.apart():
            await signer.sign()
    except (DoesNotExtend, MemoryBroken):
        return True
    except Exception as error:  # as the signer's own loop has it
        verdict.stumbled.append(f"signer: {type(error).__name__}")
    return False


def look_as_witness(attacked: Attacked, served: Source) -> str:
    """Two seconds later: what the witness says."""
    said: list[str] = []
    core = Witness(honest.WITNESSED, honest.WITNESS, attacked.memory("witness"))
    address = _Address(served)
    Follower(core, honest.WITNESS.verifier, honest.WITNESSED, address, said.append).look()
    return said[-1]


def verify_three_ways(attacked: Attacked, source: Source, found: dict[str, bool]) -> None:
    """Everybody checks, each with what they have."""
    remembering, nothing = Memory(attacked.memory("auditor")), attacked.no_memory
    for name, policy, memory in (
        ("newcomer", honest.UNWITNESSED, Memory(nothing())),
        ("cosigned", honest.WITNESSED, Memory(nothing())),
        ("remembered", honest.UNWITNESSED, remembering),
    ):
        found[name] = not _holds(partial(check_log, source, policy, memory))


def judge_copy(attacked: Attacked, copy: Changed) -> Verdict:
    """Whoever is given the copy checks it; a witness may be shown it too."""
    verdict = Verdict(copy.name, copy.has_key, copy.part, copy.first, copy.must)
    folder = folder_of(copy.files, attacked.folder / "copy")
    verdict.found["witness"] = not look_as_witness(attacked, folder).startswith("cosigned")
    verify_three_ways(attacked, folder, verdict.found)
    return verdict


def judge_bundle(attacked: Attacked, bundle: Changed, archive: bytes) -> Verdict:
    """Whoever is given the bundle checks it, with a policy that asks for the witness; and, as a
    newcomer, with the log's key alone."""
    verdict = Verdict(bundle.name, bundle.has_key, bundle.part, None, bundle.must)
    file = attacked.folder / "bundle.zip"
    file.write_bytes(archive)
    for name, policy, memory in (
        ("bundle", honest.WITNESSED, Memory(attacked.memory("auditor"))),
        ("newcomer", honest.UNWITNESSED, Memory(attacked.no_memory())),
    ):
        verdict.found[name] = not _holds(partial(check_bundle, file, policy, memory))
    return verdict


def _holds(check: Callable[[], Report]) -> bool:
    try:
        return check().holds
    except CannotCheck:
        return False


async def _bundles(attacked: Attacked, what: Touched) -> bool:
    """Somebody takes away what the log has of the referrals, or of everything, and checks it at
    home."""
    asked = [Asked(referral=subject) for subject in what.subjects[:BUNDLES]]
    if what.said is not None or what.is_between_alone:
        asked.append(Asked())  # an entry may stand where nobody asks for it
    for each in asked:
        try:
            async with attacked.apart():
                bundle = await bundle_of(attacked, each)
        except Exception:  # the service answers 500: there is no bundle
            return True
        file = attacked.folder / "bundle.zip"
        file.write_bytes(bundle)
        memory = Memory(attacked.memory("auditor"))
        if not _holds(partial(check_bundle, file, honest.WITNESSED, memory)):
            return True
    return False


async def bundle_of(attacked: Attacked, asked: Asked) -> bytes:
    """What the log has of what is asked for, proved."""
    view = await View.of(attacked.engine, asked)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an entry that is there twice zipfile only warns
        return b"".join([part async for part in as_bundle(view, "quorum none\n")])


async def _watch(attacked: Attacked, what: Touched, verdict: Verdict) -> bool:
    """The next round of the watch over the trail: numbers of each subject, tallies, and what is not
    as it was signed."""
    now = datetime.now(UTC) + LATER
    services = {subject_of_service("triage"), subject_of_service("intake")}
    try:
        async with attacked.apart(), attacked.engine.connect() as connection:
            everything = Slice(0, honest.LOGGED, frozenset())
            if await watching.of_slice(connection, everything):
                return True
            trails = await completeness_store.entries_of(connection, services | set(what.subjects))
            for trail in trails.values():
                if any(completeness.numbers(trail, now)):
                    return True
            for subject in services:
                for each in trails[subject]:
                    if each.type != TallyStated.TYPE or each.said is None:
                        continue
                    tally = completeness_store.tally_in(each.said)
                    if tally is None:
                        return True
                    held = await completeness_store.held(connection, tally)
                    if completeness.tally_differs(tally, held):
                        return True
    except Exception as error:  # as the watch's own loop has it: what stops it is a finding
        verdict.stumbled.append(f"watch: {type(error).__name__}")
        return not is_outage(error)
    return False
