"""A file that the CSMS wants fetched or delivered: at its time, and again as often as it says."""

from collections.abc import Callable

from voltfleet.station.context import Context
from voltfleet.station.reports import TransferKind, TransferResult

PROTOCOLS = ("HTTP", "HTTPS")
"""What the host can do."""

DEFAULT_RETRY_SECONDS = 60.0
MOST_RETRIES = 100
"""A CSMS may name any number."""


class FileTransfer:
    """Begins at ``at`` (epoch seconds). ``on_try`` is called before every try, ``on_end`` once,
    unless it is cancelled before. A reboot forgets it."""

    __slots__ = (
        "_content",
        "_ctx",
        "_interval",
        "_kind",
        "_live",
        "_on_end",
        "_on_try",
        "_retries",
        "_url",
    )

    def __init__(
        self,
        ctx: Context,
        kind: TransferKind,
        url: str,
        content: bytes = b"",
        *,
        at: float,
        retries: int = 0,
        interval: float = DEFAULT_RETRY_SECONDS,
        on_try: Callable[[], None],
        on_end: Callable[[TransferResult], None],
    ) -> None:
        self._ctx = ctx
        self._kind = kind
        self._url = url
        self._content = content
        self._retries = min(retries, MOST_RETRIES)
        self._interval = max(interval, 1.0)
        self._on_try = on_try
        self._on_end = on_end
        self._live = True
        self._wait(max(0.0, at - ctx.now))

    def cancel(self) -> None:
        """Whatever comes of a try under way, nobody wants to know."""
        self._live = False
        self._ctx.timers.stop((self._kind.name, 0))

    def give_up(self, why: str) -> None:
        """It has failed, for a reason of the station's."""
        self.cancel()
        self._on_end(TransferResult(why))

    def _wait(self, seconds: float) -> None:
        self._ctx.after(self._kind.name, 0, seconds, self._try)

    def _try(self) -> None:
        self._on_try()
        self._ctx.transfer(self._kind, self._url, self._content, self._tried)

    def _tried(self, result: TransferResult) -> None:
        if not self._live:
            return
        if result.failure is not None and self._retries > 0:
            self._retries -= 1
            self._wait(self._interval)
            return
        self._live = False
        self._on_end(result)
