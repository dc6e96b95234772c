"""A 2.x station on a test bench: what `bench16.Bench` is for 1.6."""

from typing import Any

from bench16 import Answer, Bench, ac_station

from voltfleet.domain.specs import OcppVersion, StationSpec

FOLLOWS = {
    "GetBaseReport": {"NotifyReport"},
    "GetReport": {"NotifyReport"},
    "GetChargingProfiles": {"ReportChargingProfiles"},
    "GetMonitoringReport": {"NotifyMonitoringReport"},
    "CustomerInformation": {"NotifyCustomerInformation"},
    "GetDisplayMessages": {"NotifyDisplayMessages"},
    "GetLog": {"LogStatusNotification"},
    "UpdateFirmware": {"FirmwareStatusNotification"},
}
"""What the station may send because of a request, accepted or not."""
STATES = ("EVConnected", "Charging", "SuspendedEV", "SuspendedEVSE", "Idle")


class Bench2(Bench):
    """``token_info`` is what the CSMS says of tokens, in Authorize and TransactionEvent."""

    version = OcppVersion.V201

    def __init__(self, spec: StationSpec | None = None, seed: int = 1) -> None:
        super().__init__(spec, seed)
        self.token_info: dict[str, Any] = {"status": "Accepted"}
        self.remote_starts = 0

    def default_answer(self, action: str, payload: dict[str, Any]) -> Answer:
        match action:
            case "BootNotification" | "Heartbeat":
                return super().default_answer(action, payload)
            case "Authorize":
                return {"idTokenInfo": self.token_info}
            case "TransactionEvent" if "idToken" in payload:
                return {"idTokenInfo": self.token_info}
            case (
                "OpenPeriodicEventStream"
                | "SignCertificate"
                | "NotifyEVChargingNeeds"
                | "NotifyEVChargingSchedule"
            ):
                return {"status": "Accepted"}
            case _:
                return {}

    def send(self, action: str, payload: Any) -> None:
        self.triggered |= FOLLOWS.get(action, set())
        super().send(action, payload)

    # --- looking --------------------------------------------------------------------------------

    def told(self, connector: int = 1) -> list[str]:
        """The statuses that the CSMS was told of a connector, counting through the station."""
        where = self.station._ctx.hardware.connectors[connector - 1]
        return [
            p["connectorStatus"]
            for p in self.calls("StatusNotification")
            if (p["evseId"], p["connectorId"]) == (where.evse_id, where.id)
        ]

    def events(self) -> list[dict[str, Any]]:
        return self.calls("TransactionEvent")

    def story(self) -> list[tuple[str, str, str]]:
        """The transaction events in short, without the meter readings in between."""
        return [
            (e["eventType"], e["triggerReason"], e["transactionInfo"]["chargingState"])
            for e in self.events()
            if not e["triggerReason"].startswith("MeterValue")
        ]

    @property
    def transaction(self) -> str:
        """The id of the transaction that was told of last."""
        return str(self.events()[-1]["transactionInfo"]["transactionId"])

    # --- doing ----------------------------------------------------------------------------------

    def configure(self, **values: Any) -> None:
        """Set variables, named Controller_Variable or Controller_Variable_Instance."""
        for name, value in values.items():
            component, variable, *instance = name.split("_")
            text = str(value).lower() if isinstance(value, bool) else str(value)
            assert self.set(component, variable, text, *instance) == "Accepted", name

    def set(self, component: str, variable: str, value: str, *instance: str) -> str:
        item: dict[str, Any] = {
            "component": {"name": component},
            "variable": {"name": variable},
            "attributeValue": value,
        }
        if instance:
            item["variable"]["instance"] = instance[0]
        [result] = self.ask("SetVariables", setVariableData=[item])["setVariableResult"]
        return str(result["attributeStatus"])

    def get(self, component: str, variable: str, *instance: str, **evse: int) -> str | None:
        """The value, or None if there is no such variable."""
        item: dict[str, Any] = {"component": {"name": component}, "variable": {"name": variable}}
        if instance:
            item["variable"]["instance"] = instance[0]
        if evse:
            item["component"]["evse"] = evse
        [result] = self.ask("GetVariables", getVariableData=[item])["getVariableResult"]
        value: str | None = result.get("attributeValue")
        return value

    def start(self, tag: str = "TAG", **request: Any) -> dict[str, Any]:
        self.remote_starts += 1
        return self.ask(
            "RequestStartTransaction",
            idToken={"idToken": tag, "type": "Central"},
            remoteStartId=self.remote_starts,
            **request,
        )

    def charge(self, tag: str = "TAG", connector: int = 1) -> int:
        """A transaction going on, started by the CSMS; its id is `transaction`."""
        where = self.station._ctx.hardware.connectors[connector - 1]
        assert self.start(tag, evseId=where.evse_id)["status"] == "Accepted"
        self.run(5)
        assert self.events()[-1]["transactionInfo"]["chargingState"] == "Charging"
        return self.remote_starts


class Bench21(Bench2):
    """The same in OCPP 2.1."""

    version = OcppVersion.V21


def booted(
    spec: StationSpec | None = None, seed: int = 1, bench_type: type[Bench2] = Bench2
) -> Bench2:
    """A bench with an accepted station on it."""
    bench = bench_type(spec or ac_station(), seed)
    bench.connect()
    return bench
