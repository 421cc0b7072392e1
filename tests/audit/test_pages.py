"""From one of an auditor's pages to the next."""

from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.bus.work import UnitOfWork
from tests.audit.heard import some, take
from tests.audit.looking import is_signed
from tests.audit.service import audit_app, client, signed_in
from tests.audit.signing import by_force
from tests.audit.test_people import ANNA, referred
from tests.servers import Database

REFERRAL, PAIR = uuid4(), uuid4()
WHY = "why=complaint&reference=C-7"
PERSONS, PAIRS = [
    f'href="/audit/chronology?{WHY.replace("&", "&amp;")}&amp;{name}={ref}"'
    for name, ref in (("person_ref", ANNA), ("pair_ref", PAIR))
]


async def test_a_referral_leads_to_the_chronologies_of_its_person_and_its_pair(
    log_database: Database, unit: UnitOfWork, connection: AsyncConnection
) -> None:
    """From each of its pages, for the same reason; but not by a word that somebody altered."""
    await take(unit, [referred(REFERRAL, ANNA, PAIR), *some(60, REFERRAL)])
    async with client(audit_app(log_database)) as http:
        http.headers.update(signed_in(log_database.keys, "auditor"))
        await is_signed(connection)
        place = f"/audit/trail?{WHY}&referral={REFERRAL}"

        first, second = [(await http.get(f"{place}&cursor={at}")).text for at in (0, 50)]
        everything = (await http.get(f"/audit/trail?{WHY}")).text
        await by_force(log_database, "UPDATE audit.content SET body = salt WHERE leaf_index = 0")
        altered = (await http.get(place)).text

    assert all(link in page for page in (first, second) for link in (PERSONS, PAIRS))
    assert not any(link in page for page in (everything, altered) for link in (PERSONS, PAIRS))
