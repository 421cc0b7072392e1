"""Fixtures of this folder."""

from collections.abc import AsyncIterator

import pytest

from tests.servers import Postgres
from tests.triage.panels.ground import Ground, panels_on


@pytest.fixture
async def ground(postgres: Postgres) -> AsyncIterator[Ground]:
    """Panels on a database of their own."""
    async with panels_on(postgres) as made:
        yield made
