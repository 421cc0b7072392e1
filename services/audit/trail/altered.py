"""Whether an entry is still what was signed, asked before any word of it is shown.

Whoever has the database can change its rows; what a row says is worth what the signed tree says of
it. The independent check in `verify` asks the same, and shares nothing with this.
"""

from collections.abc import Sequence

from pydantic import ValidationError

from services.audit.formats import Altered
from services.audit.log.log import leaf_data
from services.audit.log.store import Entry
from services.audit.tlog.checkpoint import Checkpoint
from services.audit.tlog.merkle import inclusion_holds, leaf_hash
from shared.events import CloudEvent


def altered(entry: Entry, inclusion: Sequence[bytes], tree: Checkpoint) -> Altered | None:
    """What is not as it was logged; None of an entry that is, or whose content was destroyed."""
    if not inclusion_holds(
        entry.index, tree.size, leaf_hash(entry.leaf), tuple(inclusion), tree.root
    ):
        return "place"
    if entry.content is None:
        return None
    if leaf_data(entry.content.salt, entry.content.body) != entry.leaf:
        return "content"
    try:
        event = CloudEvent.model_validate_json(entry.content.body)
    except ValidationError:  # the log never took what is no event
        return "columns"
    said = (event.id, event.type, event.time, event.producer, event.subject)
    filed = (entry.event_id, entry.type, entry.time, entry.producer, entry.referral)
    return None if said == filed else "columns"
