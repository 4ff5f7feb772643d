"""One line for each fact: JSON for machines, colours on a terminal; kopf's and asyncio's go the same way.

A pass binds the names of its rollout and run once (`structlog.contextvars`); every line that follows has them.
"""

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from canary_operator.settings import LogFormat, LogLevel

_QUIET = {"kopf": logging.WARNING, "asyncio": logging.WARNING, "aiohttp": logging.WARNING, "urllib3": logging.ERROR}
"""Libraries tell a lot that is news to nobody; at level debug they are heard."""


def configure(style: LogFormat, level: LogLevel, stream: TextIO = sys.stderr) -> None:
    """Call it once, before the first line."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    console = style == "console" or (style == "auto" and stream.isatty())
    structlog.configure(
        processors=[*shared[:3], *shared[4:], structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(_number(level)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_ending(console=console))
    )
    _route(handler, level)


def _ending(*, console: bool) -> list[Processor]:
    last: list[Processor]
    if console:
        last = [structlog.dev.ConsoleRenderer(pad_event_to=24)]
    else:
        last = [structlog.processors.format_exc_info, _short_logger_name, structlog.processors.JSONRenderer()]
    return [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]


def _route(handler: logging.Handler, level: LogLevel) -> None:
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_number(level))
    logging.captureWarnings(capture=True)
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(logging.NOTSET if level == "debug" else quiet)


def _number(level: LogLevel) -> int:
    return logging.getLevelNamesMapping()[level.upper()]


def _short_logger_name(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    event["logger"] = str(event["logger"]).removeprefix("canary_operator.")
    return event
