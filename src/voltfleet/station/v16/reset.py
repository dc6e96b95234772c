"""Reset (OCPP 1.6 §5.14): soft ends transactions and tells so first, hard tells it afterwards."""

from functools import partial

from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.v16 import messages as m
from voltfleet.station.v16.transactions import Transactions
from voltfleet.station.v16.types import Reason, ResetType, Simple

DOWN_SECONDS = (1.0, 5.0)
GRACE_SECONDS = 10.0
"""How long a soft reset waits for the Central System to take the last messages."""
_LOOK_AGAIN_SECONDS = 0.25


class Reset(Block):
    """Takes the station down and up again."""

    __slots__ = ("_transactions",)

    def __init__(self, ctx: Context, transactions: Transactions) -> None:
        super().__init__(ctx)
        self._transactions = transactions

    @handles(m.Reset)
    def reset(self, request: m.Reset) -> m.ResetResponse:
        """Rejected while it goes down already."""
        if not self._transactions.accepting:
            return m.ResetResponse(Simple.REJECTED)
        if request.type is ResetType.HARD:
            self._transactions.stop_all(Reason.HARD_RESET)
            self._reboot()
        else:
            self._transactions.stop_all(Reason.SOFT_RESET)
            self._reboot_once_told(self.ctx.now + GRACE_SECONDS)
        return m.ResetResponse(Simple.ACCEPTED)

    def _reboot_once_told(self, latest: float) -> None:
        if not self.ctx.outbox.transactions_waiting or self.ctx.now >= latest:
            self._reboot()
        else:
            look_again = partial(self._reboot_once_told, latest)
            self.ctx.after("reset", 0, _LOOK_AGAIN_SECONDS, look_again)

    def _reboot(self) -> None:
        self.ctx.reboot(self.ctx.rng.uniform(*DOWN_SECONDS))
