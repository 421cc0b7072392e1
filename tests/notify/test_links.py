"""One-time links: their codes, how long they work, and for whom."""

import secrets
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.notify import links, links_store
from services.notify.guessing import Guesses
from services.notify.links import Link, NotTheirs, Opened, OpenedBefore, Opening
from tests.notify.ground import NOON, Notify

ADA, BEN = "p-k4wz7m", "p-nophone"
ASSIGNMENT = uuid4()


def test_a_code_cannot_be_guessed() -> None:
    """Thirteen characters of 32: 65 bits, none of them like another, all of them fit for a link."""
    offered: list[str] = []

    def first(of: str) -> str:
        offered.append(of)
        return of[0]

    assert links.new_code(first) == "0" * 13
    assert {len(set(of)) for of in offered} == {32}
    assert not set(offered[0]) & set("ilouILOU")


def test_two_codes_differ() -> None:
    """Each is drawn anew."""
    assert links.new_code(secrets.choice) != links.new_code(secrets.choice)


def test_capitals_make_no_difference() -> None:
    """Somebody types a link from a telephone into a desk's computer."""
    assert links.hashed("4KT9ABCD") == links.hashed("4kt9abcd") != links.hashed("4kt9abce")


@pytest.mark.parametrize(
    ("answer_in", "works_for"),
    [
        (timedelta(hours=2), timedelta(hours=26)),
        (timedelta(days=2), timedelta(days=3)),
        (timedelta(hours=-5), timedelta(days=1)),
        (None, timedelta(days=3)),
    ],
)
def test_how_long_a_link_works(answer_in: timedelta | None, works_for: timedelta) -> None:
    """A day longer than there is time to answer; a day at least; three where nothing is asked."""
    by = None if answer_in is None else NOON + answer_in
    assert links.expires(by, NOON) == NOON + works_for


async def opened(notify: Notify, code: str, who: str) -> Opening:
    """What comes of opening it now."""
    async with notify.engine.begin() as connection:
        return await links_store.open_once(connection, links.hashed(code), who, notify.clock())


async def made(notify: Notify) -> str:
    """The code of a link for Ada."""
    code = links.new_code(secrets.choice)
    link = Link(links.hashed(code), ASSIGNMENT, 1, ADA, links.expires(None, NOON))
    async with notify.engine.begin() as connection:
        await links_store.keep(connection, [link])
    return code


async def test_a_link_opens_once(notify: Notify) -> None:
    """The second time it says that it was used, to the same person."""
    code = await made(notify)
    assert await opened(notify, code, ADA) == Opened(ASSIGNMENT)
    assert await opened(notify, code, ADA) == OpenedBefore()


async def test_a_link_is_of_no_use_to_another(notify: Notify) -> None:
    """Nor does another's try use it up; nor do they learn that it was used."""
    code = await made(notify)
    assert await opened(notify, code, BEN) == NotTheirs()
    assert await opened(notify, code, ADA) == Opened(ASSIGNMENT)
    assert await opened(notify, code, BEN) == NotTheirs()


async def test_a_link_is_over_after_its_time(notify: Notify) -> None:
    """Opened before or not."""
    fresh, used = await made(notify), await made(notify)
    await opened(notify, used, ADA)
    notify.clock.advance(links.UNTIMED)
    assert await opened(notify, fresh, ADA) == NotTheirs()
    assert await opened(notify, used, ADA) == NotTheirs()


async def test_no_code_is_kept(notify: Notify) -> None:
    """Whoever reads the table can open nothing."""
    code = await made(notify)
    async with notify.engine.connect() as connection:
        kept = (await connection.execute(text("SELECT CAST(link AS text) FROM link"))).scalars()
        assert not any(code in row for row in kept)


def test_who_misses_often_is_not_heard_for_a_while() -> None:
    """Then again; and nobody else is kept waiting."""
    guesses, tick = Guesses(3, timedelta(minutes=10)), timedelta(seconds=1)
    for n in range(3):
        assert not guesses.too_many(BEN, NOON + n * tick)
        guesses.missed(BEN, NOON + n * tick)
    assert guesses.too_many(BEN, NOON + 3 * tick)
    assert not guesses.too_many(ADA, NOON + 3 * tick)
    assert not guesses.too_many(BEN, NOON + timedelta(minutes=10))
