"""OCPP 1.6: what a Central System answers (with the messages of the security white paper)."""

from voltfleet.csms.books import (
    Handler,
    Payload,
    Visit,
    always,
    authorization,
    boot_details,
    nothing_to_add,
)
from voltfleet.csms.chargers import Charger, Transaction
from voltfleet.csms.meter import take_readings
from voltfleet.domain.timestamps import rfc3339


def boot_notification(visit: Visit) -> Payload:
    """§4.2."""
    payload = visit.payload
    boot_details(
        visit.charger,
        payload["chargePointVendor"],
        payload["chargePointModel"],
        payload.get("firmwareVersion", ""),
    )
    return visit.books.register(visit.charger, visit.now)


def heartbeat(visit: Visit) -> Payload:
    """§4.6."""
    return {"currentTime": rfc3339(visit.now)}


def status_notification(visit: Visit) -> Payload:
    """§4.9."""
    connector_id = visit.payload["connectorId"]
    visit.books.connector(visit.charger, connector_id, connector_id, visit.payload["status"])
    return {}


def authorize(visit: Visit) -> Payload:
    """§4.1."""
    return {"idTagInfo": {"status": authorization(visit.payload["idTag"])}}


def start_transaction(visit: Visit) -> Payload:
    """§4.8. A Charge Point that saw no answer repeats itself; it then gets the same id again."""
    payload = visit.payload
    key = (payload["connectorId"], payload["idTag"], payload["timestamp"], payload["meterStart"])
    transaction = _known(visit.charger, key)
    if transaction is None:
        transaction = Transaction(
            id=str(visit.books.new_transaction_id()),
            evse_id=payload["connectorId"],
            id_token=payload["idTag"],
            started_at=visit.now,
            key=key,
        )
        transaction.read_meter(payload["meterStart"])
        visit.books.begin(visit.charger, transaction)
    status = authorization(payload["idTag"])
    return {"transactionId": int(transaction.id), "idTagInfo": {"status": status}}


def _known(charger: Charger, key: tuple[object, ...]) -> Transaction | None:
    for known in (charger.active, charger.finished):
        for transaction in known.values():
            if transaction.key == key:
                return transaction
    return None


def meter_values(visit: Visit) -> Payload:
    """§4.7. Values without a transaction id belong to none."""
    transaction = visit.charger.active.get(str(visit.payload.get("transactionId")))
    if transaction is not None:
        take_readings(transaction, visit.payload["meterValue"])
    return {}


def stop_transaction(visit: Visit) -> Payload:
    """§4.10. There is no way to refuse it, not even for an unknown transaction."""
    payload = visit.payload
    transaction = visit.charger.active.get(str(payload["transactionId"]))
    if transaction is not None:
        transaction.read_meter(payload["meterStop"])
        visit.books.finish(visit.charger, transaction)
    if "idTag" in payload:
        return {"idTagInfo": {"status": authorization(payload["idTag"])}}
    return {}


HANDLERS: dict[str, Handler] = {
    "Authorize": authorize,
    "BootNotification": boot_notification,
    # No vendor's extensions are known here.
    "DataTransfer": always({"status": "UnknownVendorId"}),
    "DiagnosticsStatusNotification": nothing_to_add,
    "FirmwareStatusNotification": nothing_to_add,
    "Heartbeat": heartbeat,
    "LogStatusNotification": nothing_to_add,
    "MeterValues": meter_values,
    "SecurityEventNotification": nothing_to_add,
    # There is no certificate authority behind this CSMS: its user may sign.
    "SignCertificate": always({"status": "Accepted"}),
    "SignedFirmwareStatusNotification": nothing_to_add,
    "StartTransaction": start_transaction,
    "StatusNotification": status_notification,
    "StopTransaction": stop_transaction,
}
"""Every action that a Charge Point may send."""
