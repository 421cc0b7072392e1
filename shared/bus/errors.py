"""What may go wrong with a message, and how it is said without saying anything of anybody."""

import asyncio
import traceback
from pathlib import Path

import nats.errors
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout


class UnreadableMessage(Exception):
    """The bytes are not what the subject promises; trying again will not help.

    The text names fields and faults, never values, and may be logged.
    """


class TooEarly(Exception):
    """An earlier event of the same producer on the same referral has not been handled yet."""


# SQLSTATE classes of a server that is away, starting, stopping or out of room; and of transactions
# that lost a race (serialisation, deadlock) and simply go again.
_PASSING_STATES = ("08", "53", "57", "58", "40")


def is_outage(error: BaseException) -> bool:
    """Whether the ground is away rather than the message at fault: never a reason to park."""
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        return (
            error.connection_invalidated
            or state.startswith(_PASSING_STATES)
            or (isinstance(error, OperationalError | InterfaceError) and not state)
        )
    if isinstance(error, FileNotFoundError | PermissionError):
        return False
    # Of several addresses that all refuse a connection, asyncio says no more than OSError.
    return isinstance(error, OSError | PoolTimeout | asyncio.TimeoutError | nats.errors.Error)


def describe(error: BaseException) -> str:
    """An exception as it may be logged: its kind and where it rose, never its text.

    The text of a database or validation error quotes the values that it stumbled over.
    """
    if isinstance(error, UnreadableMessage):
        return str(error)
    kind = type(error).__name__
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if "site-packages" not in f.filename] or list(frames)
    where = f" at {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
    return f"{kind}{f' ({state})' if state else ''}{where}"
