"""Audit over HTTP: the trail for auditors; the tree, which names nobody, for everybody."""

from typing import Annotated, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Path, Query

from services.audit import log, store
from services.audit.formats import EntryProof, EventContent, Trail, TrailEntry, TreeHead
from services.audit.merkle import leaf_hash
from services.audit.store import Entry
from shared.bus.work import UnitOfWork
from shared.events import AccessRecorded
from shared.problems import Refused
from shared.sign_in import Caller, Doorkeeper

PAGE: Final = 100
LARGEST_INDEX: Final = 2**62
Index = Annotated[int, Path(ge=0, le=LARGEST_INDEX)]


def api_router(unit: UnitOfWork, doorkeeper: Doorkeeper) -> APIRouter:
    """`/audit/api`. `unit` tells who read a trail before the trail is read."""
    router = APIRouter(prefix="/audit/api")
    auditor = Depends(doorkeeper.require("auditor"))

    @router.get("/trail")
    async def trail(
        referral: UUID,
        caller: Annotated[Caller, auditor],
        cursor: Annotated[int, Query(ge=0, le=LARGEST_INDEX)] = 0,
    ) -> Trail:
        """What happened to a referral, event by event, each proved to be in the log.

        `cursor`: the `next` of the page before. Each page has a tree of its own.
        """
        async with unit.work(uuid4()) as work:
            read = AccessRecorded(
                reader=caller.subject, roles=caller.roles, what="trail", why="audit"
            )
            work.emit(read, referral)
        async with unit.engine.connect() as connection:
            size = await store.size(connection)
            # One more than a page tells whether there is a next one.
            entries = await store.trail(
                connection, referral, first=cursor, below=size, limit=PAGE + 1
            )
            page, rest = entries[:PAGE], entries[PAGE:]
            proved = await log.prove(connection, [entry.index for entry in page], size)
        return Trail(
            referral=referral,
            tree=_head(proved.tree),
            entries=tuple(map(_shown, page, proved.proofs)),
            next=rest[0].index if rest else None,
        )

    @router.get("/tree")
    async def tree() -> TreeHead:
        """How many entries the log has, and the root over them."""
        async with unit.engine.connect() as connection:
            return _head(await log.tree(connection))

    @router.get("/entries/{index}/proof")
    async def proof(index: Index) -> EntryProof:
        """That the leaf at `index` is in the tree as it stands; of the entry it shows no more."""
        async with unit.engine.connect() as connection:
            size = await store.size(connection)
            leaf = await store.leaf(connection, index) if index < size else None
            if leaf is None:
                raise Refused(404, "not-found", "The log has no entry of that index yet.")
            proved = await log.prove(connection, [index], size)
        return EntryProof(
            index=index,
            leaf_hash=leaf_hash(leaf),
            inclusion=proved.proofs[0],
            tree=_head(proved.tree),
        )

    return router


def _head(tree: log.Tree) -> TreeHead:
    return TreeHead(size=tree.size, root=tree.root)


def _shown(entry: Entry, inclusion: tuple[bytes, ...]) -> TrailEntry:
    content = entry.content
    return TrailEntry(
        index=entry.index,
        event_id=entry.event_id,
        type=entry.type,
        time=entry.time,
        producer=entry.producer,
        content=content
        and EventContent(text=content.body.decode(), bytes=content.body, salt=content.salt),
        leaf_data=entry.leaf,
        leaf_hash=leaf_hash(entry.leaf),
        inclusion=inclusion,
    )
