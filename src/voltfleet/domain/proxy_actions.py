"""The messages that a charging station may send of its own accord, by OCPP version: what a
proxy-message can say."""

from collections.abc import Mapping

from voltfleet.domain.specs import OcppVersion

_BOTH = (
    "Authorize",
    "BootNotification",
    "DataTransfer",
    "FirmwareStatusNotification",
    "Heartbeat",
    "LogStatusNotification",
    "MeterValues",
    "SecurityEventNotification",
    "SignCertificate",
    "StatusNotification",
)
_ONLY_16 = (
    "DiagnosticsStatusNotification",
    "SignedFirmwareStatusNotification",
    "StartTransaction",
    "StopTransaction",
)
_ONLY_2 = (
    "ClearedChargingLimit",
    "Get15118EVCertificate",
    "GetCertificateStatus",
    "NotifyChargingLimit",
    "NotifyCustomerInformation",
    "NotifyDisplayMessages",
    "NotifyEVChargingNeeds",
    "NotifyEVChargingSchedule",
    "NotifyEvent",
    "NotifyMonitoringReport",
    "NotifyReport",
    "PublishFirmwareStatusNotification",
    "ReportChargingProfiles",
    "ReservationStatusUpdate",
    "TransactionEvent",
)
_ONLY_21 = (
    "BatterySwap",
    "GetCertificateChainStatus",
    "NotifyDERAlarm",
    "NotifyDERStartStop",
    "NotifyPriorityCharging",
    "NotifySettlement",
    "NotifyWebPaymentStarted",
    "PullDynamicScheduleUpdate",
    "ReportDERControl",
    "VatNumberValidation",
)


def _by_letters(*actions: str) -> Mapping[str, str]:
    return {action.lower(): action for action in actions}


_ACTIONS: Mapping[OcppVersion, Mapping[str, str]] = {
    OcppVersion.V16: _by_letters(*_BOTH, *_ONLY_16),
    OcppVersion.V201: _by_letters(*_BOTH, *_ONLY_2),
    OcppVersion.V21: _by_letters(*_BOTH, *_ONLY_2, *_ONLY_21),
}


def find(version: OcppVersion, action: str) -> str | None:
    """The standard's spelling of an action that a station of that version sends.

    >>> find(OcppVersion.V201, "notify_ev_charging_needs")
    'NotifyEVChargingNeeds'
    """
    return _ACTIONS[version].get(action.replace("_", "").lower())


def spelled(action: str) -> str:
    """An action that the standard does not know, as it would spell it.

    >>> spelled("open_the_door")
    'OpenTheDoor'
    """
    return "".join(part[:1].upper() + part[1:] for part in action.split("_"))
