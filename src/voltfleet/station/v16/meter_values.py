"""MeterValues (OCPP 1.6 §4.7): sampled during a transaction, aligned with the clock, triggered."""

from functools import partial

import msgspec

from voltfleet.station.blocks import Block
from voltfleet.station.context import Context
from voltfleet.station.meter import Reading
from voltfleet.station.outbox import Lane
from voltfleet.station.v16 import messages as m
from voltfleet.station.v16.availability import Availability
from voltfleet.station.v16.configuration import Configuration, Name
from voltfleet.station.v16.memory import MeterMemo
from voltfleet.station.v16.metering import sampled_values
from voltfleet.station.v16.status import Bay, Memo16, Transaction16
from voltfleet.station.v16.types import ReadingContext

_MAX_DATA = 500
"""With more readings than this for StopTransaction, every second one is dropped."""


class MeterReadings(Block):
    """Reads the meters when it is time, and sends or keeps what they show."""

    __slots__ = ("_availability", "_configuration")

    def __init__(
        self, ctx: Context, configuration: Configuration, availability: Availability
    ) -> None:
        super().__init__(ctx)
        self._configuration = configuration
        self._availability = availability

    # --- during a transaction -------------------------------------------------------------------

    def schedule_sample(self, bay: Bay) -> None:
        """The next periodic sample is due one interval from now; 0 means never."""
        key = ("sample", bay.connector.number)
        interval = self._configuration.whole(Name.METER_VALUE_SAMPLE_INTERVAL)
        if interval > 0 and bay.transaction is not None:
            self.ctx.timers.start(key, self.ctx.now + interval, partial(self._sample, bay))
        else:
            self.ctx.timers.stop(key)

    def stop_sampling(self, bay: Bay) -> None:
        """The transaction is over."""
        self.ctx.timers.stop(("sample", bay.connector.number))

    def keep(self, transaction: Transaction16, bay: Bay, context: ReadingContext) -> None:
        """Put a reading aside for StopTransaction, if StopTxnSampledData asks for any."""
        self._keep(transaction, bay.evse.reading(self.ctx.now), Name.STOP_TXN_SAMPLED_DATA, context)

    def _sample(self, bay: Bay) -> None:
        transaction = bay.transaction
        if transaction is None:
            return
        reading = bay.evse.reading(self.ctx.now)
        context = ReadingContext.SAMPLE_PERIODIC
        self._keep(transaction, reading, Name.STOP_TXN_SAMPLED_DATA, context)
        self._send(bay, reading, Name.METER_VALUES_SAMPLED_DATA, context)
        transaction.sampled_wh = reading.energy_wh
        self.schedule_sample(bay)

    def _keep(
        self, transaction: Transaction16, reading: Reading, name: Name, context: ReadingContext
    ) -> None:
        measurands = self._configuration.items(name)
        values = sampled_values(reading, measurands, context, transaction.sampled_wh)
        if values:
            transaction.data.append(m.MeterValue(self.ctx.timestamp(reading.at), values))
        if len(transaction.data) > _MAX_DATA:
            del transaction.data[1:-1:2]

    # --- aligned with the clock -----------------------------------------------------------------

    def schedule_aligned(self) -> None:
        """The next one is due at the next multiple of ClockAlignedDataInterval since midnight."""
        interval = self._configuration.whole(Name.CLOCK_ALIGNED_DATA_INTERVAL)
        if interval == 0:
            self.ctx.timers.stop(("aligned", 0))
            return
        since_midnight = (self.ctx.now + self.ctx.clock_offset) % 86_400
        to_midnight = 86_400 - since_midnight
        wait = min(interval - since_midnight % interval, to_midnight)
        self.ctx.after("aligned", 0, wait, self._aligned)

    def _aligned(self) -> None:
        context = ReadingContext.SAMPLE_CLOCK
        for bay in self._availability.bays:
            if bay.evse.active in {None, bay.connector}:
                reading = bay.evse.reading(self.ctx.now)
                self._send(bay, reading, Name.METER_VALUES_ALIGNED_DATA, context)
                if bay.transaction is not None:
                    self._keep(bay.transaction, reading, Name.STOP_TXN_ALIGNED_DATA, context)
        self.schedule_aligned()

    # --- sending --------------------------------------------------------------------------------

    def trigger(self, bay: Bay) -> None:
        """The Central System wants to see the meter now."""
        reading = bay.evse.reading(self.ctx.now)
        name, context = Name.METER_VALUES_SAMPLED_DATA, ReadingContext.TRIGGER
        self._send(bay, reading, name, context, lane=Lane.TRIGGERED)

    def _send(
        self,
        bay: Bay,
        reading: Reading,
        name: Name,
        context: ReadingContext,
        lane: Lane | None = None,
    ) -> None:
        transaction = bay.transaction
        since_wh = transaction.sampled_wh if transaction else reading.energy_wh
        values = sampled_values(reading, self._configuration.items(name), context, since_wh)
        if not values:
            return
        if lane is None:
            lane = Lane.NORMAL if transaction is None else Lane.METER
        value = m.MeterValue(self.ctx.timestamp(reading.at), values)
        self._put(bay.connector.number, transaction, value, lane)

    def tell(self, transaction: Transaction16, value: m.MeterValue) -> None:
        """Tell it again: it was not answered before the power cut."""
        self._put(transaction.connector.number, transaction, value, Lane.METER)

    def _put(
        self, number: int, transaction: Transaction16 | None, value: m.MeterValue, lane: Lane
    ) -> None:
        memo = None
        if transaction is not None and lane is Lane.METER:
            memo = Memo16(transaction, partial(MeterMemo, value=value))
        build = partial(_message, number, transaction, value)
        self.ctx.call_built(m.MeterValues, build, m.MeterValuesResponse, lane=lane, memo=memo)


def _message(
    number: int, transaction: Transaction16 | None, value: m.MeterValue
) -> msgspec.Struct | None:
    """Made when it is sent: by then the transaction's number is known, or never will be."""
    return m.MeterValues(number, [value], None if transaction is None else transaction.number)
