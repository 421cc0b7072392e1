"""Logs: one JSON line an occurrence, on standard error, with ids and never people."""

import logging
import sys

import structlog


def configure(service: str) -> None:
    """Send everything to one form. Other libraries' lines are let through from warnings up,
    by their names alone: their texts may quote what they stumbled over."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.basicConfig(handlers=[_NamesOnly()], level=logging.WARNING, force=True)


class _NamesOnly(logging.Handler):
    """Foreign log records: who spoke and how loudly; for an exception, its kind."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0] if record.exc_info else None
        structlog.get_logger().warning(
            "library.spoke",
            library=record.name,
            level_there=record.levelname,
            error=error.__name__ if error else None,
        )
