"""BytesPerMessage: requests that are longer than the device model allows (B06.FR.17, B08.FR.18,
D01.FR.11, N04.FR.09, N06.FR.07)."""

import msgspec

from voltfleet.ocppj.errors import RpcError, RpcErrorCode
from voltfleet.station.v2.device_model.catalog import CONTROLLERS

_MOST_BYTES = {
    definition.variable.instance or "SendLocalList": int(definition.value)
    for definition in CONTROLLERS
    if definition.variable.name == "BytesPerMessage"
}
"""By action: the variable's instance names it, but for LocalAuthListCtrlr, which has only one."""


def check_size(action: str, payload: msgspec.Raw) -> None:
    """Raises `RpcError` for a payload that is too long."""
    most = _MOST_BYTES.get(action)
    if most is not None and memoryview(payload).nbytes > most:
        text = f"{action}: at most {most} bytes"
        raise RpcError(RpcErrorCode.FORMAT_VIOLATION, text)
