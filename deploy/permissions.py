"""Who may say and hear what on the broker: one table, built from `shared.subjects`.

Every subject is exact, or a wildcard below a name that is the user's own. A user may do nothing
that does not stand here.
"""

from dataclasses import dataclass
from typing import Final

from deploy.keys import DEPLOY
from shared.subjects import (
    EVENTS,
    EVERYBODY,
    PARKED,
    PUBLISHES,
    RECEIPTS,
    SERVICES,
    SUBMISSIONS,
    Service,
    deliveries,
    event,
    parked,
    receipt,
    submit,
)

CONSUMES: Final[dict[Service, tuple[str, ...]]] = {
    "intake": (SUBMISSIONS, EVENTS),
    "triage": (EVENTS,),
    "notify": (EVENTS,),
    "audit": (EVENTS,),
}
"""The streams on which each service has its one consumer, named after the service."""


@dataclass(frozen=True)
class Permissions:
    """The subjects that one user may publish to and subscribe to; all others are refused.

    `subscribe` may name a queue group after the subject, "deliver.intake.EVENTS intake": then
    only a subscription in that group is allowed.
    """

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def inbox_prefix(user: str) -> str:
    """The private inbox prefix of a service or of `deploy`, as clients take it."""
    return f"_INBOX_{user}"


def of_service(service: Service) -> Permissions:
    """Its own events, its parked messages, its consumers' acknowledgements, and its inbox.

    It may not read a stream by sequence: EVENTS would give it what it is not to hear.
    """
    return Permissions(
        publish=(
            *(event(t) for t in (*PUBLISHES[service], *EVERYBODY)),
            parked(service),
            *(("receipt.*",) if service == "intake" else ()),
            *(f"$JS.ACK.{stream}.{service}.>" for stream in CONSUMES[service]),
            *(f"$JS.API.CONSUMER.INFO.{stream}.{service}" for stream in CONSUMES[service]),
        ),
        subscribe=(
            *(f"{deliveries(service, stream)} {service}" for stream in CONSUMES[service]),
            f"{inbox_prefix(service)}.>",
        ),
    )


def of_deploy() -> Permissions:
    """Streams and consumers, and what is parked: no subject of the services.

    It is given no message of SUBMISSIONS, which hold identities. Deleting a stream is its own
    since a damaged one is rebuilt from the services' outboxes.
    """
    return Permissions(
        publish=(
            "$JS.API.INFO",
            *(
                f"$JS.API.STREAM.{verb}.*"
                for verb in ("CREATE", "UPDATE", "INFO", "DELETE", "PURGE")
            ),
            "$JS.API.STREAM.NAMES",
            "$JS.API.STREAM.LIST",
            "$JS.API.CONSUMER.CREATE.>",
            "$JS.API.CONSUMER.DURABLE.CREATE.>",
            *(f"$JS.API.CONSUMER.{verb}.*.*" for verb in ("INFO", "DELETE")),
            *(f"$JS.API.CONSUMER.{verb}.*" for verb in ("NAMES", "LIST")),
            *(f"$JS.API.STREAM.MSG.GET.{stream}" for stream in (EVENTS, PARKED)),
            f"$JS.API.STREAM.MSG.DELETE.{PARKED}",
        ),
        subscribe=(f"{inbox_prefix(DEPLOY)}.>",),
    )


def of_agency(agency: str) -> Permissions:
    """Its submissions, its receipts live, and its receipts' durable consumer.

    The agency's account is its own, so its inboxes need no private prefix: a plain client works.
    """
    return Permissions(
        publish=(submit(agency), receipts_next(agency), receipts_ack(agency)),
        subscribe=(receipt(agency), "_INBOX.>"),
    )


def receipts_consumer(agency: str) -> str:
    """The durable pull consumer on RECEIPTS that one agency reads from."""
    return f"receipts-{agency}"


def receipts_next(agency: str) -> str:
    """Where that agency asks for its next receipts."""
    return f"$JS.API.CONSUMER.MSG.NEXT.{RECEIPTS}.{receipts_consumer(agency)}"


def receipts_ack(agency: str) -> str:
    """Where that agency acknowledges them."""
    return f"$JS.ACK.{RECEIPTS}.{receipts_consumer(agency)}.>"


USERS: Final[dict[str, Permissions]] = {
    **{service: of_service(service) for service in SERVICES},
    DEPLOY: of_deploy(),
}
"""The users of the account FINGERPOST."""
