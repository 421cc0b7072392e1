"""An audit that dies at one step of its work, on one side of it, the so-manieth time it gets there.

    python -m tests.faults.dying_audit STEP before|after TURN

The process is gone at once: nothing is flushed, nothing is closed.
"""

import os
import runpy
import sys
from collections.abc import Callable
from functools import reduce, wraps
from importlib import import_module
from inspect import iscoroutinefunction
from itertools import count
from pathlib import Path
from typing import Any, Final

DIED: Final = 86
"""The exit code of a death that was meant."""

STEPS: Final = {
    "append": "services.audit.log.log:append",
    # Its end is committed, with nothing acknowledged.
    "commit": "shared.bus.consumer:Consumer._commit",
    "acknowledge": "nats.aio.msg:Msg.ack",
    "root": "services.audit.log.signer:_tree_after",
    "sign": "services.audit.log.signer:sign",
    "remember": "services.audit.log.key_memory:Memory.write",
    # Before it the draft is whole and on the disk; after it the folder is not.
    "rename": "pathlib:Path.replace",
    "insert": "services.audit.log.checkpoints:add",
    # Its end is committed, with nobody told.
    "checkpoint": "services.audit.log.signer:Signer.sign",
    "ask": "services.audit.log.witnesses:Witnesses._post",
    "cosignature": "services.audit.log.checkpoints:add_cosignatures",
    # Its end is committed.
    "cosigned": "services.audit.log.witnesses:Witnesses.ask",
}


def die_at(step: str, when: str, turn: int) -> None:
    """Make the process end before or after the step's function runs for the `turn`th time."""
    module, _, path = STEPS[step].partition(":")
    *owners, name = path.split(".")
    owner = reduce(getattr, owners, import_module(module))
    setattr(owner, name, _dying(getattr(owner, name), when, turn))


def _dying(whole: Callable[..., Any], when: str, turn: int) -> Callable[..., Any]:
    turns = count(1)

    def die_if(now: bool) -> None:
        if now:
            os._exit(DIED)

    if iscoroutinefunction(whole):

        @wraps(whole)
        async def waits(*given: Any, **named: Any) -> Any:
            now = next(turns) == turn
            die_if(now and when == "before")
            found = await whole(*given, **named)
            die_if(now)
            return found

        return waits

    @wraps(whole)
    def runs(*given: Any, **named: Any) -> Any:
        now = next(turns) == turn
        die_if(now and when == "before")
        found = whole(*given, **named)
        die_if(now)
        return found

    return runs


def lose_half_of_the_draft(turn: int) -> None:
    """Make the power fail while the memory's draft is written: half of it reaches the disk."""
    replace = Path.replace
    turns = count(1)

    def halve(draft: Path, file: Path) -> Path:
        if next(turns) == turn:
            os.truncate(draft, draft.stat().st_size // 2)
            os._exit(DIED)
        return replace(draft, file)

    Path.replace = halve  # type: ignore[assignment,method-assign]  # the fault itself


if __name__ == "__main__":
    step_, when_, turn_ = sys.argv[1:]
    if step_ == "half a draft":
        lose_half_of_the_draft(int(turn_))
    else:
        die_at(step_, when_, int(turn_))
    runpy.run_module("services.audit", run_name="__main__")
