"""What is over is forgotten."""

from datetime import timedelta

from services.notify import links
from services.notify.forgetting import Forgetting
from tests.notify.ground import Notify, offer
from tests.notify.ways import way_of


async def test_only_what_is_over_is_forgotten(notify: Notify) -> None:
    """An old link and its code go; what can still be used stays."""
    long_past = offer(acknowledge_by=notify.clock() - timedelta(days=30))
    await way_of(notify, long_past, days_ago=31)
    way = await way_of(notify, asked := offer())
    await Forgetting(notify.unit).forget()
    kept = await notify.rows("link")
    assert links.hashed(way.path.removeprefix(links.PATH)) in {bytes(row.code_hash) for row in kept}
    about = {
        row.assignment_id for table in ("link", "short_code") for row in await notify.rows(table)
    }
    assert asked.assignment_id in about
    assert long_past.assignment_id not in about
