"""Logs: structlog, one line per event, to standard error."""

import logging
import sys

import structlog

_TALKATIVE = ("alembic", "dbos", "httpx2", "httpcore2", "uvicorn", "websockets")
"""Libraries whose everyday remarks say nothing to an operator."""
_EXCEPTIONS = structlog.processors.ExceptionRenderer(
    # Local variables may hold a token, and are long.
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)
_CONTROLS = {
    code: f"\\u{code:04x}"
    for code in [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F)]
}
"""What could end a line, move the cursor or turn the text around. JSON escapes them anyway."""
_CONTROLS_IN_TRACES = {code: text for code, text in _CONTROLS.items() if chr(code) not in "\n\t"}


def configure(*, level: str = "info", as_json: bool | None = None) -> None:
    """Set up logging for this process; entry points call it once.

    JSON lines unless standard error is a terminal, or as ``as_json`` says. Records of libraries
    that use the standard library's logging come out in the same form.
    """
    if as_json is None:
        as_json = not sys.stderr.isatty()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    numeric = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=_rendering(as_json=as_json)
        )
    )
    for library in _TALKATIVE:
        logging.getLogger(library).setLevel(max(numeric, logging.WARNING))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(numeric)


def _rendering(*, as_json: bool) -> list[structlog.typing.Processor]:
    drop_internals = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if as_json:
        return [drop_internals, _EXCEPTIONS, structlog.processors.JSONRenderer()]
    plain = structlog.dev.plain_traceback
    return [
        drop_internals,
        _visible,
        structlog.dev.ConsoleRenderer(exception_formatter=plain),
    ]


def _visible(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """What a stranger may have chosen (a path, an identity) shown as it is, not obeyed."""
    for key, value in event.items():
        table = _CONTROLS_IN_TRACES if key == "exception" else _CONTROLS
        if isinstance(value, str):
            event[key] = value.translate(table)
    return event
