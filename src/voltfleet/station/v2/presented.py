"""A token is presented to stop what goes on (E07): the one that started it (C01), another of its
group (C09), or a master pass (C16)."""

from collections.abc import Sequence
from functools import partial

from voltfleet.station.blocks import Block
from voltfleet.station.context import Context
from voltfleet.station.v2.authorization import Authorization, key_of_token
from voltfleet.station.v2.messages.transactions import StoppedReason, TriggerReason
from voltfleet.station.v2.messages.types import IdToken
from voltfleet.station.v2.permit import Hear, Verdict
from voltfleet.station.v2.session import Session, Sessions
from voltfleet.station.v2.transactions import Transactions


class Presented(Block):
    """Stops what the token may stop; the CSMS is asked about a token that started none of it."""

    __slots__ = ("_authorization", "_sessions", "_transactions")

    def __init__(
        self,
        ctx: Context,
        sessions: Sessions,
        authorization: Authorization,
        transactions: Transactions,
    ) -> None:
        super().__init__(ctx)
        self._sessions = sessions
        self._authorization = authorization
        self._transactions = transactions

    def stop(self, meant: Sequence[Session], token: IdToken, hear: Hear) -> None:
        """The token is presented for one of those sessions; ``hear`` is told what came of it."""
        key = key_of_token(token)
        own = [s for s in meant if s.permit is not None and key_of_token(s.permit.id_token) == key]
        if own:
            # C01.FR.03: the CSMS knows that token.
            self._end(own[:1], token, StoppedReason.LOCAL, hear)
        else:
            heard = partial(self._authorized, meant, token, hear)
            self._authorization.authorize(token, None, heard)

    def _authorized(
        self, meant: Sequence[Session], token: IdToken, hear: Hear, verdict: Verdict
    ) -> None:
        # Meanwhile what was meant may have ended.
        going_on = self._sessions.open()
        if not verdict.accepted:
            hear(verdict)
        elif self._authorization.is_master_pass(verdict.group):
            # C16.FR.02: there is nobody to choose at a station without a screen for it.
            self._end(going_on, token, StoppedReason.MASTER_PASS, hear)
        else:
            group = [s for s in going_on if s in meant and _in_group(s, verdict.group)]
            self._end(group[:1], token, StoppedReason.LOCAL, hear)

    def _end(
        self, sessions: Sequence[Session], token: IdToken, reason: StoppedReason, hear: Hear
    ) -> None:
        if not sessions:
            text = "the token is not of the group of the one that started the transaction"
            hear(Verdict(accepted=False, text=text))
            return
        ids = [s.transaction.id for s in sessions if s.transaction is not None]
        for session in sessions:
            self._transactions.stop(session, TriggerReason.STOP_AUTHORIZED, reason, token)
        detail = {"transactionId": ids[0]} if len(ids) == 1 else {"transactionIds": ids}
        hear(Verdict(accepted=True, text=f"stopped by the token: {reason}", detail=detail))


def _in_group(session: Session, group: str | None) -> bool:
    return group is not None and session.permit is not None and session.permit.group == group
