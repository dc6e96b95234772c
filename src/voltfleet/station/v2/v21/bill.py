"""What a transaction costs by a tariff (I07, I08, I12): values and arithmetic."""

from itertools import pairwise

from voltfleet.domain.timestamps import rfc3339
from voltfleet.station.v2.messages import tariffs as m
from voltfleet.station.v2.messages.tariffs import Price, Prices, Tariff, TaxRate
from voltfleet.station.v2.v21.conditions import Usage, breaks, holds

MOST_PERIODS = 100
"""Of costDetails; beyond them, the last one goes on."""
_DECIMALS = 5

_Rate = tuple[float, float, float]
"""What is paid now for energy, charging time and idle time, per unit."""


class Bill:
    """Counts along with a transaction: what is used, and what that costs."""

    __slots__ = ("_kind", "_periods", "_rate", "energy", "fixed", "idle", "tariff", "time", "usage")

    def __init__(self, tariff: Tariff, at: float, kind: str) -> None:
        self.tariff = tariff
        self._kind = kind
        self.usage = Usage(at)
        self.energy = self.time = self.idle = 0.0
        self.fixed = self._price(tariff.fixed_fee, self.usage)
        self._periods: list[tuple[str, Usage]] = []
        self._rate: _Rate | None = None

    def count(self, at: float, energy_wh: float, *, charging: bool) -> None:
        """So much energy has gone through the meter since the start; since the last count it was
        charging all the time, or not at all."""
        before, seconds = self.usage, at - self.usage.at
        if seconds <= 0:
            return
        end = Usage(
            at,
            energy_wh,
            before.charging_seconds + (seconds if charging else 0.0),
            before.idle_seconds + (0.0 if charging else seconds),
        )
        for part, until in pairwise(breaks(self.tariff, before, end)):
            self._count_piece(before.between(end, part), before.between(end, until))
        self.usage = end

    def change(self, tariff: Tariff) -> None:
        """Another tariff from now on (I11)."""
        self.tariff = tariff
        self._rate = None

    def copy(self) -> "Bill":
        """To see what would be."""
        other = Bill(self.tariff, self.usage.at, self._kind)
        other.usage, other.fixed = self.usage, self.fixed
        other.energy, other.time, other.idle = self.energy, self.time, self.idle
        other._periods, other._rate = [*self._periods], self._rate
        return other

    def total(self) -> tuple[float, float, str]:
        """Without and with tax, and whether the tariff's minimum or maximum makes it so."""
        parts = self._parts()
        excl = sum(amount for amount, _ in parts)
        incl = sum(_with_tax(amount, prices) for amount, prices in parts)
        least, most = self.tariff.min_cost, self.tariff.max_cost
        if least is not None and _beyond(least, excl, incl, below=True):
            return (*_bound(least), "MinCost")
        if most is not None and _beyond(most, excl, incl, below=False):
            return (*_bound(most), "MaxCost")
        return excl, incl, "NormalCost"

    def details(self) -> m.CostDetails:
        """CostDetailsType"""
        tariff, usage = self.tariff, self.usage
        excl, incl, kind = self.total()
        cost = m.TotalCost(
            tariff.currency,
            kind,
            m.TotalPrice(round(excl, _DECIMALS), round(incl, _DECIMALS)),
            _told(self.fixed, tariff.fixed_fee),
            _told(self.energy, tariff.energy),
            _told(self.time, tariff.charging_time),
            _told(self.idle, tariff.idle_time),
        )
        # The standard's text: totalUsage.chargingTime counts charging and not charging.
        used = m.TotalUsage(
            round(usage.energy_wh, 1), round(usage.seconds), round(usage.idle_seconds)
        )
        return m.CostDetails(cost, used, self._told_periods() or None)

    # --- inside ---------------------------------------------------------------------------------

    def _count_piece(self, start: Usage, end: Usage) -> None:
        middle = start.between(end, 0.5)
        tariff = self.tariff
        rate = (
            self._price(tariff.energy, middle),
            self._price(tariff.charging_time, middle),
            self._price(tariff.idle_time, middle),
        )
        self.energy += rate[0] * (end.energy_wh - start.energy_wh)
        self.time += rate[1] * (end.charging_seconds - start.charging_seconds)
        self.idle += rate[2] * (end.idle_seconds - start.idle_seconds)
        if rate != self._rate and len(self._periods) < MOST_PERIODS:
            self._periods.append((tariff.tariff_id, start))
            self._rate = rate

    def _price(self, prices: Prices | None, usage: Usage) -> float:
        """The first price whose conditions hold."""
        if prices is not None:
            for price in prices.prices:
                if holds(price.conditions, usage, self._kind):
                    return price.per_unit
        return 0.0

    def _parts(self) -> tuple[tuple[float, Prices | None], ...]:
        tariff = self.tariff
        return (
            (self.fixed, tariff.fixed_fee),
            (self.energy, tariff.energy),
            (self.time, tariff.charging_time),
            (self.idle, tariff.idle_time),
        )

    def _told_periods(self) -> tuple[m.ChargingPeriod, ...]:
        if not self._periods:
            return ()
        ends = [start for _, start in self._periods[1:]] + [self.usage]
        return tuple(
            m.ChargingPeriod(rfc3339(start.at), tariff_id, _dimensions(start, end) or None)
            for (tariff_id, start), end in zip(self._periods, ends, strict=True)
        )


def _dimensions(start: Usage, end: Usage) -> tuple[m.CostDimension, ...]:
    volumes = (
        ("Energy", end.energy_wh - start.energy_wh),
        ("ChargingTime", end.charging_seconds - start.charging_seconds),
        # The standard spells it so.
        ("IdleTIme", end.idle_seconds - start.idle_seconds),
    )
    return tuple(m.CostDimension(name, round(volume, 1)) for name, volume in volumes if volume)


def _told(amount: float, prices: Prices | None) -> Price | None:
    if prices is None:
        return None
    incl = _with_tax(amount, prices)
    return Price(round(amount, _DECIMALS), round(incl, _DECIMALS), prices.tax_rates)


def _with_tax(amount: float, prices: Prices | None) -> float:
    return with_tax(amount, (prices.tax_rates if prices is not None else None) or ())


def with_tax(amount: float, rates: tuple[TaxRate, ...]) -> float:
    """Each stack level is on top of all that are lower."""
    for stack in sorted({rate.stack for rate in rates}):
        amount *= 1 + sum(rate.tax for rate in rates if rate.stack == stack) / 100
    return amount


def _beyond(bound: Price, excl: float, incl: float, *, below: bool) -> bool:
    given, value = (bound.incl_tax, incl) if bound.excl_tax is None else (bound.excl_tax, excl)
    if given is None:
        return False
    return value < given if below else value > given


def _bound(bound: Price) -> tuple[float, float]:
    """The bound without and with tax; what it leaves out, by its own rates or as it is."""
    rates = bound.tax_rates or ()
    if bound.excl_tax is None:
        with_ = bound.incl_tax or 0.0
        return with_ / with_tax(1.0, rates), with_
    known = bound.incl_tax
    return bound.excl_tax, with_tax(bound.excl_tax, rates) if known is None else known
