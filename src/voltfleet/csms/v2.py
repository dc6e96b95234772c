"""OCPP 2.0.1 and 2.1: what a CSMS answers."""

from voltfleet.csms.books import (
    Handler,
    Payload,
    Visit,
    always,
    authorization,
    boot_details,
    nothing_to_add,
)
from voltfleet.csms.chargers import Transaction
from voltfleet.csms.meter import take_readings
from voltfleet.domain.timestamps import rfc3339


def boot_notification(visit: Visit) -> Payload:
    """B01, B02, B03."""
    station = visit.payload["chargingStation"]
    firmware = station.get("firmwareVersion", "")
    boot_details(visit.charger, station["vendorName"], station["model"], firmware)
    return visit.books.register(visit.charger, visit.now)


def heartbeat(visit: Visit) -> Payload:
    """G02."""
    return {"currentTime": rfc3339(visit.now)}


def status_notification(visit: Visit) -> Payload:
    """G01."""
    payload = visit.payload
    visit.books.connector(
        visit.charger, payload["evseId"], payload["connectorId"], payload["connectorStatus"]
    )
    return {}


def authorize(visit: Visit) -> Payload:
    """C01."""
    return {"idTokenInfo": {"status": authorization(visit.payload["idToken"]["idToken"])}}


def transaction_event(visit: Visit) -> Payload:
    """E01 to E13. An event of a transaction that was not known begins it: its start was told to a
    CSMS before this one, or is still in the charger's queue."""
    payload = visit.payload
    transaction = _transaction(visit)
    if transaction is not None:
        take_readings(transaction, payload.get("meterValue", []))
        if payload["eventType"] == "Ended":
            visit.books.finish(visit.charger, transaction)
    if "idToken" in payload:
        # An event that names a token is answered with the token's state.
        return {"idTokenInfo": {"status": authorization(payload["idToken"]["idToken"])}}
    return {}


def _transaction(visit: Visit) -> Transaction | None:
    """The transaction that the event is about; None if it is over already."""
    info = visit.payload["transactionInfo"]
    transaction_id = info["transactionId"]
    if transaction_id in visit.charger.finished:
        return None
    evse_id = visit.payload.get("evse", {}).get("id", 0)
    id_token = visit.payload.get("idToken", {}).get("idToken", "")
    transaction = visit.charger.active.get(transaction_id)
    if transaction is None:
        transaction = Transaction(transaction_id, evse_id, id_token, visit.now)
        visit.books.begin(visit.charger, transaction, info.get("remoteStartId"))
    transaction.evse_id = evse_id or transaction.evse_id
    transaction.id_token = transaction.id_token or id_token
    return transaction


def vat_number_validation(visit: Visit) -> Payload:
    """2.1: no tax office is asked here, and the answer repeats the number."""
    return {"status": "Rejected", "vatNumber": visit.payload["vatNumber"]}


def certificate_chain_status(visit: Visit) -> Payload:
    """2.1: nobody is asked about revocations here, so every look-up has failed."""
    return {
        "certificateStatus": [
            {
                "certificateHashData": request["certificateHashData"],
                "source": request["source"],
                "status": "Failed",
                "nextUpdate": rfc3339(visit.now),
            }
            for request in visit.payload["certificateStatusRequests"]
        ]
    }


HANDLERS_201: dict[str, Handler] = {
    "Authorize": authorize,
    "BootNotification": boot_notification,
    "ClearedChargingLimit": nothing_to_add,
    # No vendor's extensions are known here.
    "DataTransfer": always({"status": "UnknownVendorId"}),
    "FirmwareStatusNotification": nothing_to_add,
    "Get15118EVCertificate": always({"status": "Failed", "exiResponse": ""}),
    "GetCertificateStatus": always({"status": "Failed"}),
    "Heartbeat": heartbeat,
    "LogStatusNotification": nothing_to_add,
    "MeterValues": nothing_to_add,
    "NotifyChargingLimit": nothing_to_add,
    "NotifyCustomerInformation": nothing_to_add,
    "NotifyDisplayMessages": nothing_to_add,
    # Accepted would promise a charging profile (K15).
    "NotifyEVChargingNeeds": always({"status": "Rejected"}),
    "NotifyEVChargingSchedule": always({"status": "Accepted"}),
    "NotifyEvent": nothing_to_add,
    "NotifyMonitoringReport": nothing_to_add,
    "NotifyReport": nothing_to_add,
    "PublishFirmwareStatusNotification": nothing_to_add,
    "ReportChargingProfiles": nothing_to_add,
    "ReservationStatusUpdate": nothing_to_add,
    "SecurityEventNotification": nothing_to_add,
    # There is no certificate authority behind this CSMS: its user may sign.
    "SignCertificate": always({"status": "Accepted"}),
    "StatusNotification": status_notification,
    "TransactionEvent": transaction_event,
}
"""Every action that a 2.0.1 Charging Station may send."""

HANDLERS_21: dict[str, Handler] = HANDLERS_201 | {
    "BatterySwap": nothing_to_add,
    "ClosePeriodicEventStream": nothing_to_add,
    "GetCertificateChainStatus": certificate_chain_status,
    "NotifyDERAlarm": nothing_to_add,
    "NotifyDERStartStop": nothing_to_add,
    "NotifyPriorityCharging": nothing_to_add,
    "NotifySettlement": nothing_to_add,
    "OpenPeriodicEventStream": always({"status": "Rejected"}),
    "PullDynamicScheduleUpdate": always({"status": "Rejected"}),
    "ReportDERControl": nothing_to_add,
    "VatNumberValidation": vat_number_validation,
}
"""Every action that a 2.1 Charging Station may send and that wants an answer."""
