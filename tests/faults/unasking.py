"""A notify that sends again without asking: the harm that the question prevents.

python -m tests.faults.unasking
"""

import runpy
from typing import Any

from services.notify.outcomes import NotTaken
from services.notify.sending import Sending


def take_out_the_question() -> None:
    """Take every message of which nobody can say whether it was sent for one that was not."""

    async def assume(*_about: Any) -> NotTaken:
        return NotTaken()

    Sending._ask = assume  # type: ignore[assignment,method-assign]  # the fault itself


if __name__ == "__main__":
    take_out_the_question()
    runpy.run_module("services.notify", run_name="__main__")
