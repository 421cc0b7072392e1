"""What carries messages to people, and what every such provider promises.

A provider is handed a message once. Where it keeps what it was given, it can be asked afterwards;
where it cannot be asked, a message whose fate is unknown is a matter for a person.
"""

from datetime import timedelta
from typing import Protocol
from uuid import UUID

from services.notify.messages import Outgoing


class TemporaryFailure(Exception):
    """The provider does not have the message, and may take it later.

    The text is a reason for people, without addresses and without the provider's own words.
    """


class PermanentFailure(Exception):
    """The provider does not have the message, and never will take it as it is. Text as above."""


class OutcomeUnknown(Exception):
    """The provider may have the message or not. Text as above."""


class Provider(Protocol):
    """Email or text messages, by whatever way."""

    @property
    def longest_call(self) -> timedelta:
        """How long one call may take before it is given up."""

    async def send(self, message: Outgoing) -> None:
        """Hand the message over; returning means that the provider has it.

        Raises TemporaryFailure, PermanentFailure or OutcomeUnknown.
        """

    async def was_sent(self, message_id: UUID) -> bool | None:
        """Whether the provider has it; None if it cannot be asked."""
