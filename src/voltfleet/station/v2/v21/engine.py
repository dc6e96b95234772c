"""An OCPP 2.1 Charging Station: the blocks of 2.0.1, and what 2.1 added."""

from typing import cast

import msgspec

from voltfleet.station.blocks import table_of
from voltfleet.station.connector import Connector
from voltfleet.station.evse import Evse
from voltfleet.station.hardware import HardwareEvent
from voltfleet.station.v2.engine import Engine2, Parts
from voltfleet.station.v2.messages.transactions import (
    TransactionEvent,
    TransactionEventResponse,
    TransactionEventType,
)
from voltfleet.station.v2.session import Session, Transaction
from voltfleet.station.v2.v21.der import DerControls
from voltfleet.station.v2.v21.limits import TransactionLimits
from voltfleet.station.v2.v21.others import Others
from voltfleet.station.v2.v21.smart_charging import SmartCharging21
from voltfleet.station.v2.v21.streams import PeriodicStreams
from voltfleet.station.v2.v21.tariffs import Tariffs

_ADDED = table_of(
    (Tariffs, TransactionLimits, Others, SmartCharging21, DerControls, PeriodicStreams)
)
"""In the order of `Engine21._added`. These go before the blocks of 2.0.1."""


class Engine21(Engine2):
    """Its transaction events carry what 2.1 added to them."""

    __slots__ = ("_added", "_der", "_limits", "_smart21", "_streams", "_tariffs")

    smart_charging = SmartCharging21

    def _extend(self, parts: Parts) -> None:
        ctx = self.ctx
        self._tariffs = Tariffs(ctx, parts.model, parts.sessions, parts.events)
        self._limits = TransactionLimits(
            ctx, parts.sessions, parts.events, parts.transactions, self._tariffs
        )
        # `smart_charging` says what it is.
        self._smart21 = smart = cast("SmartCharging21", parts.smart)
        self._der = DerControls(ctx, smart.cap)
        others = Others(ctx, parts.sessions)
        self._streams = PeriodicStreams(ctx)
        self._added = (self._tariffs, self._limits, others, smart, self._der, self._streams)
        self._watch.streams = self._streams
        parts.events.extension = self
        parts.authorization.on_tariff = self._tariffs.of_driver

    def connected(self) -> None:
        """The socket is open."""
        super().connected()
        self._smart21.connected()

    def disconnected(self) -> None:
        """The socket is gone."""
        super().disconnected()
        self._smart21.disconnected()

    def answer(self, action: str, payload: msgspec.Raw) -> msgspec.Struct:
        """Handle a CALL."""
        if action in _ADDED:
            return self._handle(_ADDED, self._added, action, payload)
        return super().answer(action, payload)

    def received(self, action: str, payload: msgspec.Raw) -> None:
        """The only SEND of 2.1 goes from the station to the CSMS: there is nothing to do with
        one."""

    # --- the events of transactions -------------------------------------------------------------

    def tell(
        self, session: Session, transaction: Transaction, event: TransactionEvent
    ) -> TransactionEvent:
        """The event as 2.1 tells it."""
        event = self._tariffs.tell(session, transaction, event)
        if event.event_type is TransactionEventType.ENDED:
            self._smart21.transaction_ended(session.evse)
        return self._limits.tell(session, transaction, event)

    def answered(
        self, session: Session, transaction: Transaction, answer: TransactionEventResponse
    ) -> None:
        """A limit may have come with the answer."""
        self._limits.answered(session, transaction, answer)

    def _hardware(self, event: HardwareEvent, evse: Evse, connector: Connector) -> None:
        super()._hardware(event, evse, connector)
        self._limits.look(evse)

    def _power_up(self) -> None:
        super()._power_up()
        self._smart21.power_up()
        self._der.power_up()
        self._streams.power_up()
