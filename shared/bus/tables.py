"""The tables that every service's schema has for the bus. Migrations create them; see deploy."""

from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
)


@dataclass(frozen=True)
class BusTables:
    """`inbox`: what was handled. `outbox`: what is to be told, and was. `parked`: what a person
    must look at. `event_sequence`: the last number given on each subject."""

    inbox: Table
    outbox: Table
    parked: Table
    event_sequence: Table


def bus_tables(metadata: MetaData) -> BusTables:
    """The bus's tables in the service's own schema, which `metadata` names."""
    moment = DateTime(timezone=True)
    return BusTables(
        inbox=Table(
            "inbox",
            metadata,
            Column("message_id", Uuid, primary_key=True),
            # All three null for what is no event (a submission).
            Column("producer", Text),
            Column("subject", Uuid),
            Column("sequence", Integer),
            Column("handled_at", moment, nullable=False),
        ),
        outbox=Table(
            "outbox",
            metadata,
            Column("position", BigInteger, Identity(always=True), primary_key=True),
            Column("message_id", Uuid, nullable=False),
            Column("subject", Text, nullable=False),
            Column("body", LargeBinary, nullable=False),
            Column("created_at", moment, primary_key=True),
            Column("published_at", moment),
            Column("stream_sequence", BigInteger),
        ),
        parked=Table(
            "parked",
            metadata,
            Column("id", Uuid, primary_key=True),
            Column("stream", Text, nullable=False),
            Column("subject", Text, nullable=False),
            Column("reason", Text, nullable=False),
            # Sealed by the vault where the bytes may say who somebody is.
            Column("body", LargeBinary),
            Column("parked_at", moment, nullable=False),
            Column("settled_at", moment),
            Column("settled_how", Text),
            Column("settled_by", Text),
            Column("settled_why", Text),
        ),
        event_sequence=Table(
            "event_sequence",
            metadata,
            Column("subject", Uuid, primary_key=True),
            Column("last", Integer, nullable=False),
        ),
    )
