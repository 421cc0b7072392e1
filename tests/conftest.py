"""Fixtures that every test may ask for."""

from tests.servers import broker, database, nats_broker, postgres, test_keys

__all__ = ["broker", "database", "nats_broker", "postgres", "test_keys"]
