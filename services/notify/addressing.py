"""To whom a message goes: looked up in the directory at the moment of sending, never stored."""

from dataclasses import dataclass

from services.notify.delivery import Message
from services.notify.messages import Outgoing, compose
from services.notify.providers import PermanentFailure
from shared.bus.work import Clock, utc_now
from shared.directory import Directory
from shared.events import Channel


@dataclass(frozen=True)
class Addressing:
    """The directory, and where the links in messages lead."""

    directory: Directory
    public_url: str
    clock: Clock = utc_now

    def channels(self, practitioner_id: str) -> tuple[Channel, ...]:
        """How somebody is told: by email, and by text where there is a number.

        An id that nobody has (any more) has the one email, which fails and comes before a person.
        """
        practitioner = self.directory.practitioner(practitioner_id)
        return ("email", "sms") if practitioner and practitioner.phone else ("email",)

    def compose(self, message: Message) -> Outgoing:
        """The message in words, addressed; PermanentFailure where there is no address."""
        practitioner = self.directory.practitioner(message.practitioner_id)
        if practitioner is None:
            raise PermanentFailure("nobody in the directory has the practitioner's id")
        match message.channel:
            case "email":
                recipient: str | None = practitioner.email
            case "sms":
                recipient = practitioner.phone
        if recipient is None:
            raise PermanentFailure("the directory has no number for the practitioner")
        return compose(message, recipient, self.public_url, self.clock())
