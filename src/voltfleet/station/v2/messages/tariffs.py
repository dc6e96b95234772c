"""Functional block I of OCPP 2.1: tariffs that the station calculates with (I07 to I12)."""

from enum import StrEnum

from voltfleet.station.v2.messages.types import Answered, Incoming, Outgoing, Shared, StatusInfo


class TaxRate(Shared, frozen=True):
    """TaxRateType, in percent. A tax of a higher ``stack`` is on top of the lower ones."""

    type: str
    tax: float
    stack: int = 0


class Price(Shared, frozen=True):
    """PriceType"""

    excl_tax: float | None = None
    incl_tax: float | None = None
    tax_rates: tuple[TaxRate, ...] | None = None


class Conditions(Answered, frozen=True):
    """TariffConditionsType and TariffConditionsFixedType: all that are named must hold."""

    start_time_of_day: str | None = None
    end_time_of_day: str | None = None
    day_of_week: tuple[str, ...] | None = None
    valid_from_date: str | None = None
    valid_to_date: str | None = None
    evse_kind: str | None = None
    min_energy: float | None = None
    max_energy: float | None = None
    min_time: int | None = None
    max_time: int | None = None
    min_charging_time: int | None = None
    max_charging_time: int | None = None
    min_idle_time: int | None = None
    max_idle_time: int | None = None
    min_current: float | None = None
    max_current: float | None = None
    min_power: float | None = None
    max_power: float | None = None
    payment_brand: str | None = None
    payment_recognition: str | None = None


class EnergyPrice(Answered, frozen=True):
    """TariffEnergyPriceType"""

    price_kwh: float
    conditions: Conditions | None = None

    @property
    def per_unit(self) -> float:
        """For a watt-hour."""
        return self.price_kwh / 1000


class TimePrice(Answered, frozen=True):
    """TariffTimePriceType"""

    price_minute: float
    conditions: Conditions | None = None

    @property
    def per_unit(self) -> float:
        """For a second."""
        return self.price_minute / 60


class FixedPrice(Answered, frozen=True):
    """TariffFixedPriceType"""

    price_fixed: float
    conditions: Conditions | None = None

    @property
    def per_unit(self) -> float:
        """For the one time that it is due."""
        return self.price_fixed


class EnergyPrices(Answered, frozen=True):
    """TariffEnergyType"""

    prices: tuple[EnergyPrice, ...]
    tax_rates: tuple[TaxRate, ...] | None = None


class TimePrices(Answered, frozen=True):
    """TariffTimeType"""

    prices: tuple[TimePrice, ...]
    tax_rates: tuple[TaxRate, ...] | None = None


class FixedPrices(Answered, frozen=True):
    """TariffFixedType"""

    prices: tuple[FixedPrice, ...]
    tax_rates: tuple[TaxRate, ...] | None = None


Prices = EnergyPrices | TimePrices | FixedPrices


class Tariff(Answered, frozen=True):
    """TariffType, without what only a display would show."""

    tariff_id: str
    currency: str
    valid_from: str | None = None
    energy: EnergyPrices | None = None
    charging_time: TimePrices | None = None
    idle_time: TimePrices | None = None
    fixed_fee: FixedPrices | None = None
    reservation_time: TimePrices | None = None
    reservation_fixed: FixedPrices | None = None
    min_cost: Price | None = None
    max_cost: Price | None = None


# --- requests ------------------------------------------------------------------------------------


class SetDefaultTariff(Incoming, frozen=True):
    """I07"""

    evse_id: int
    tariff: Tariff


class TariffStatus(StrEnum):
    """TariffSetStatusEnumType, TariffGetStatusEnumType, TariffClearStatusEnumType and
    TariffChangeStatusEnumType, as far as this station says them."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    TOO_MANY_ELEMENTS = "TooManyElements"
    CONDITION_NOT_SUPPORTED = "ConditionNotSupported"
    DUPLICATE_TARIFF_ID = "DuplicateTariffId"
    NO_TARIFF = "NoTariff"
    TX_NOT_FOUND = "TxNotFound"
    NO_CURRENCY_CHANGE = "NoCurrencyChange"


class SetDefaultTariffResponse(Outgoing, frozen=True):
    """I07"""

    status: TariffStatus
    status_info: StatusInfo | None = None


class GetTariffs(Incoming, frozen=True):
    """I09"""

    evse_id: int


class TariffAssignment(Outgoing, frozen=True):
    """TariffAssignmentType"""

    tariff_id: str
    tariff_kind: str
    valid_from: str | None = None
    evse_ids: tuple[int, ...] | None = None
    id_tokens: tuple[str, ...] | None = None


class GetTariffsResponse(Outgoing, frozen=True):
    """I09"""

    status: TariffStatus
    status_info: StatusInfo | None = None
    tariff_assignments: tuple[TariffAssignment, ...] | None = None


class ClearTariffs(Incoming, frozen=True):
    """I10"""

    tariff_ids: tuple[str, ...] | None = None
    evse_id: int | None = None


class ClearTariffsResult(Outgoing, frozen=True):
    """ClearTariffsResultType"""

    status: TariffStatus
    tariff_id: str | None = None


class ClearTariffsResponse(Outgoing, frozen=True):
    """I10"""

    clear_tariffs_result: tuple[ClearTariffsResult, ...]


class ChangeTransactionTariff(Incoming, frozen=True):
    """I11"""

    tariff: Tariff
    transaction_id: str


class ChangeTransactionTariffResponse(Outgoing, frozen=True):
    """I11"""

    status: TariffStatus
    status_info: StatusInfo | None = None


# --- what it cost --------------------------------------------------------------------------------


class CostDimension(Outgoing, frozen=True):
    """CostDimensionType"""

    type: str
    volume: float


class ChargingPeriod(Outgoing, frozen=True):
    """ChargingPeriodType"""

    start_period: str
    tariff_id: str
    dimensions: tuple[CostDimension, ...] | None = None


class TotalPrice(Outgoing, frozen=True):
    """TotalPriceType"""

    excl_tax: float
    incl_tax: float


class TotalCost(Outgoing, frozen=True):
    """TotalCostType"""

    currency: str
    type_of_cost: str
    total: TotalPrice
    fixed: Price | None = None
    energy: Price | None = None
    charging_time: Price | None = None
    idle_time: Price | None = None


class TotalUsage(Outgoing, frozen=True):
    """TotalUsageType"""

    energy: float
    charging_time: int
    idle_time: int


class CostDetails(Outgoing, frozen=True):
    """CostDetailsType"""

    total_cost: TotalCost
    total_usage: TotalUsage
    charging_periods: tuple[ChargingPeriod, ...] | None = None
