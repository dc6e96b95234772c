"""What the standard's components know of firmware and its updates (Part 2 Appendix 3)."""

from collections.abc import Mapping

from voltfleet.station.v2.device_model.definition import Definition, Key, component, flag, key_of
from voltfleet.station.v2.messages.types import Variable

_STATION = "ChargingStation"
_FIRMWARE_VERSION = key_of(component(_STATION), Variable("FirmwareVersion"))

ALLOW_NEW_SESSIONS = flag(_STATION, "AllowNewSessionsPendingFirmwareUpdate", default=False)
"""Whether drivers may begin to charge while an update waits for others to end."""

UPDATING = (ALLOW_NEW_SESSIONS,)


def firmware_version(definitions: Mapping[Key, Definition]) -> Definition:
    """The version that runs; which one it left the factory with differs by model."""
    return definitions[_FIRMWARE_VERSION]
