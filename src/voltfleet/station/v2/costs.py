"""Functional block I: what a driver reads of the price and the cost at the display (I01 to I06).

a token may charge      its personalMessage, or TariffFallbackMessage           I01, I04
a price has changed     updatedPersonalMessage                                  I06
while it charges        the cost by CostUpdated or TransactionEventResponse     I02
the transaction ended   totalCost, or TotalCostFallbackMessage                  I03, I05
"""

from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.v2.device_model import displaying
from voltfleet.station.v2.device_model.definition import Definition
from voltfleet.station.v2.device_model.model import DeviceModel
from voltfleet.station.v2.messages import display as m
from voltfleet.station.v2.messages.transactions import (
    TransactionEventResponse,
    TransactionEventType,
)
from voltfleet.station.v2.session import Session, Sessions, Transaction

_ENDED = TransactionEventType.ENDED


class Costs(Block):
    """Keeps it as EVSE.DisplayText. ``_about`` is the transaction that the text of an EVSE is
    about: what is told late of an older one is not shown any more."""

    __slots__ = ("_about", "_model", "_sessions")

    def __init__(self, ctx: Context, model: DeviceModel, sessions: Sessions) -> None:
        super().__init__(ctx)
        self._model = model
        self._sessions = sessions
        self._about: dict[int, str] | None = None

    def granted(self, session: Session) -> None:
        """A token may charge there."""
        permit, evse_id = session.permit, session.evse.id
        if session.transaction is None and self._about is not None:
            self._about.pop(evse_id, None)
        message = None if permit is None else permit.message
        tariff = self._model.text(displaying.TARIFF_FALLBACK) if message is None else message
        self._show(evse_id, displaying.TARIFF_ENABLED, tariff)

    def told(
        self, session: Session, transaction: Transaction, event_type: TransactionEventType
    ) -> None:
        """An event is on its way, or waits until the CSMS is reached."""
        evse_id = session.evse.id
        if event_type is TransactionEventType.STARTED:
            self._about = {**(self._about or {}), evse_id: transaction.id}
            if session.permit is None:
                self._model.note(displaying.shown_at(evse_id), "")
        elif event_type is _ENDED and not self.ctx.online:
            self.unknown(session, transaction)

    def answered(
        self,
        session: Session,
        transaction: Transaction,
        event_type: TransactionEventType,
        answer: TransactionEventResponse,
    ) -> None:
        """The CSMS may have told the price, or the cost."""
        price, cost = answer.updated_personal_message, answer.total_cost
        evse_id = session.evse.id
        if not self._is_about(evse_id, transaction.id):
            return
        if price is not None and event_type is not _ENDED:
            self._show(evse_id, displaying.TARIFF_ENABLED, price.content)
        if cost is not None:
            self._show_cost(evse_id, cost)
        elif event_type is _ENDED:
            self.unknown(session, transaction)

    def unknown(self, session: Session, transaction: Transaction) -> None:
        """The transaction ended, and nobody says what it cost (I05)."""
        if self._is_about(session.evse.id, transaction.id):
            text = self._model.text(displaying.TOTAL_COST_FALLBACK)
            self._show(session.evse.id, displaying.COST_ENABLED, text)

    @handles(m.CostUpdated)
    def cost_updated(self, request: m.CostUpdated) -> m.CostUpdatedResponse:
        """I02: of a transaction that does not go on, there is nothing to show."""
        session = self._sessions.find(request.transaction_id)
        if session is not None:
            self._show_cost(session.evse.id, request.total_cost)
        return m.CostUpdatedResponse()

    def _is_about(self, evse_id: int, transaction_id: str) -> bool:
        return self._about is not None and self._about.get(evse_id) == transaction_id

    def _show_cost(self, evse_id: int, cost: float) -> None:
        currency = self._model.text(displaying.CURRENCY)
        self._show(evse_id, displaying.COST_ENABLED, f"{cost:.2f} {currency}")

    def _show(self, evse_id: int, switch: Definition, text: str) -> None:
        if self._model.flag(switch):
            self._model.note(displaying.shown_at(evse_id), text)
