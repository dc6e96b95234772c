"""A transaction, as far as all OCPP versions agree on what one is.

phase      event    -> phase
-------------------------------
OPEN       stop        STOPPED
STOPPED    (end of the road: it was told to the CSMS, or waits in the outbox)
"""

from voltfleet.station.connector import Connector


class Transaction:
    """One charging of one car. ``id_token`` is who pays; the meter readings are of the EVSE's
    register; ``stopped_at`` is None while it is open."""

    __slots__ = (
        "connector",
        "id_token",
        "meter_start_wh",
        "meter_stop_wh",
        "started_at",
        "stopped_at",
    )

    def __init__(
        self, connector: Connector, id_token: str, *, meter_start_wh: int, now: float
    ) -> None:
        self.connector = connector
        self.id_token = id_token
        self.meter_start_wh = meter_start_wh
        self.started_at = now
        self.meter_stop_wh: int | None = None
        self.stopped_at: float | None = None

    @property
    def open(self) -> bool:
        """Whether it goes on."""
        return self.stopped_at is None

    def stop(self, *, meter_stop_wh: int, now: float) -> None:
        """It is over. A transaction stops once: a second time is a mistake of the engine."""
        if not self.open:
            raise RuntimeError(f"the transaction of {self.id_token} was stopped before")
        self.meter_stop_wh = meter_stop_wh
        self.stopped_at = now
