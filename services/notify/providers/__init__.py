"""What carries messages to people, and what every such provider promises.

A provider is handed a message once, under the message's own id as its reference. Where it keeps
what it was given, it can be asked by that reference; where it cannot be asked, a message whose
fate is unknown is a matter for a person.
"""

from datetime import timedelta
from typing import Literal, Protocol
from uuid import UUID

from services.notify.messages import Outgoing

Fate = Literal["absent", "taken", "delivered", "undeliverable", "refused_address"]
"""What became of a message, as its provider tells.

absent: it does not have it. taken: it has it, and knows no more yet. delivered: it arrived.
undeliverable: it will not arrive, this time. refused_address: nor will any other to this address.
"""


class TemporaryFailure(Exception):
    """The provider does not have the message, and may take it later.

    The text is a reason for people, without addresses and without the provider's own words.
    """


class PermanentFailure(Exception):
    """The provider does not have the message, and never will take it as it is. Text as above."""


class AddressRefused(PermanentFailure):
    """Nothing can be sent to this address, today or another day. Text as above."""


class OutcomeUnknown(Exception):
    """The provider may have the message or not. Text as above."""


class Provider(Protocol):
    """Email or text messages, by whatever way."""

    @property
    def name(self) -> str:
        """What settings and logs call it."""

    @property
    def longest_call(self) -> timedelta:
        """How long one call may take before it is given up."""

    @property
    def reports_delivery(self) -> bool:
        """Whether it tells afterwards that a message arrived or not, called back or asked."""

    async def send(self, message: Outgoing) -> None:
        """Hand the message over; returning means that the provider has it.

        Raises TemporaryFailure, PermanentFailure or OutcomeUnknown.
        """

    async def find(self, message_id: UUID) -> Fate | None:
        """What became of a message; None if it cannot be asked. Raises TemporaryFailure where
        there is no answer now."""
