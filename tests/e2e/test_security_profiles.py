"""Security profiles 1 to 3 through ``voltfleet serve``, over real sockets: first the how-to page's
own commands, then what a CSMS and an operator change while its chargers run."""

import base64
import json
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from support import processes
from support.authorities import Authority
from support.postgres import free_port
from support.processes import VOLTFLEET, environment, running, until

TOOLS = ("openssl", "curl", "jq", "bash")
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason=f"the page uses {TOOLS}"),
]

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "security-profiles.md"
KEY = "correct-horse-battery"
KIND = {"brand_slug": "wallbox", "model_slug": "wallbox-pulsar-plus", "connector_type": "Type2"}
KINDS = {
    "OCPP1.6": KIND,
    "OCPP2.0.1": {**KIND, "brand_slug": "abb", "model_slug": "terra-184", "connector_type": "CCS2"},
}


@dataclass
class Trial:
    """The how-to page's processes, running; ``ports`` stand in for those on the page."""

    directory: Path
    ports: dict[str, int]
    api: httpx2.Client

    def ported(self, commands: str) -> str:
        """The page's commands with our ports in them."""
        for written, port in self.ports.items():
            commands = commands.replace(written, str(port))
        return commands

    def shell(self, commands: str) -> str:
        """What commands of the page print."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self.ported(commands)],
            cwd=self.directory,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def create(self, identity: str, ws_url: str, version: str, **security: Any) -> str:
        """A charger; its id."""
        body = KINDS[version] | {"identity": identity, "ws_url": ws_url, "ocpp_version": version}
        answer = self.api.post("/ocpp/chargers", json=body | security)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["charger_id"])

    def change(self, charger_id: str, **changes: Any) -> None:
        answer = self.api.put(f"/ocpp/chargers/{charger_id}", json=changes)
        assert answer.status_code == 200, answer.text

    def connection(self, charger_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.api.get(f"/ocpp/chargers/{charger_id}").json()["connection"]
        return found

    def is_online(self, charger_id: str) -> bool:
        return bool(self.connection(charger_id)["state"] == "online")

    def error(self, charger_id: str) -> str:
        """The first error that is told."""
        return str(until(lambda: self.connection(charger_id)["last_error"]))

    def sent(self, charger_id: str, action: str) -> list[Any]:
        """The payloads of a charger's calls."""
        log = self.api.get(f"/ocpp/chargers/{charger_id}/logs", params={"event": action}).json()
        frames = [json.loads(e["message"]) for e in log["data"] if e["direction"] == "cp_to_csms"]
        return [frame[3] for frame in frames if frame[0] == 2]

    def trust(self) -> str:
        return (self.directory / "certs" / "ca.pem").read_text()


@dataclass
class Csms:
    """A demo CSMS with its API."""

    url: str
    api: httpx2.Client

    def call(self, identity: str, action: str, payload: Any) -> Any:
        """What the charger answers."""
        params = {"identity": identity, "action": action}
        answer = self.api.post("/api/call", params=params, json=payload)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    def visits(self, identity: str) -> int:
        """Whether it is connected, or has been."""
        answer = self.api.get("/api/chargers", params={"identity": identity})
        return int(answer.status_code == 200)

    def connections(self) -> int:
        return int(self.api.get("/api/stats").json()["connections_total"])

    def is_connected(self, identity: str) -> bool:
        answer = self.api.get("/api/chargers", params={"identity": identity})
        return answer.status_code == 200 and bool(answer.json()["connected"])


def blocks() -> list[str]:
    """The page's commands."""
    return re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)


def https(directory: Path, client: str | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(directory / "certs" / "ca.pem"))
    if client is not None:
        certs = directory / "certs"
        context.load_cert_chain(certs / f"{client}.pem", certs / f"{client}.key")
    return context


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    directory = tmp_path_factory.mktemp("profiles")
    (directory / ".venv").symlink_to(VOLTFLEET.parent.parent)
    ports = {written: free_port() for written in ("9001", "9002", "9003", "8080")}
    api = httpx2.Client(base_url=f"http://127.0.0.1:{ports['8080']}", timeout=20, trust_env=False)
    trial = Trial(directory, ports, api)
    certificates, terminals, *_ = blocks()
    trial.shell(certificates)
    with ExitStack() as stack:
        for number, command in enumerate(terminals.splitlines()):
            log = directory / f"terminal-{number}.log"
            line = f"cd {directory}; exec env {trial.ported(command)}"
            stack.enter_context(running(["bash", "-c", line], log))
        ready = f"{api.base_url}/health/ready"
        until(lambda: processes.answers(ready), log=directory / "terminal-3.log", seconds=90)
        token = (directory / "voltfleet-data" / "token").read_text().strip()
        api.headers["Authorization"] = f"Bearer {token}"
        yield trial


@pytest.fixture(scope="module")
def basic(trial: Trial) -> Csms:
    """The page's CSMS of profile 1."""
    address = f"127.0.0.1:{trial.ports['9001']}"
    return Csms(f"ws://{address}/ocpp", httpx2.Client(base_url=f"http://{address}"))


@pytest.fixture(scope="module")
def secure(trial: Trial) -> Csms:
    """The page's CSMS of profile 2."""
    address = f"127.0.0.1:{trial.ports['9002']}"
    client = httpx2.Client(base_url=f"https://{address}", verify=https(trial.directory))
    return Csms(f"wss://{address}/ocpp", client)


def test_the_page_brings_three_chargers_online_and_gives_one_a_new_key(trial: Trial) -> None:
    _, _, create, look, new_key = blocks()
    trial.shell(create)

    def states() -> list[str]:
        return sorted(line.split("\t")[1] for line in trial.shell(look).splitlines())

    until(lambda: states() == ["online"] * 3)
    (first,) = [
        c for c in trial.api.get("/ocpp/chargers").json()["data"] if c["identity"] == "TRIAL-1"
    ]
    boots = len(trial.sent(first["id"], "BootNotification"))
    assert '"Accepted"' in trial.shell(new_key)
    until(lambda: states() == ["online"] * 3)
    assert boots == 1


@pytest.mark.parametrize(("profile", "version"), [(1, "OCPP1.6"), (2, "OCPP2.0.1")])
def test_keys_of_csms_and_operator(
    trial: Trial, basic: Csms, secure: Csms, profile: int, version: str
) -> None:
    csms, identity = (basic, secure)[profile - 1], f"KEY-{profile}-{version}"
    more = {"ca_certificate": trial.trust()} if profile == 2 else {}
    wrong = {"security_profile": profile, "authorization_key": "not-the-right-one", **more}
    charger = trial.create(identity, csms.url, version, **wrong)
    error = trial.error(charger)
    assert "HTTP 401" in error
    assert "check authorization_key" in error
    assert "not-the-right-one" not in error
    assert not csms.visits(identity)
    trial.change(charger, authorization_key=KEY)
    until(lambda: trial.is_online(charger))

    before = csms.connections()
    if version == "OCPP1.6":
        given = {"key": "AuthorizationKey", "value": b"rotated-by-csms!".hex()}
        assert csms.call(identity, "ChangeConfiguration", given) == {"status": "Accepted"}
    else:
        variable = {
            "component": {"name": "SecurityCtrlr"},
            "variable": {"name": "BasicAuthPassword"},
        }
        given = {"setVariableData": [variable | {"attributeValue": "rotated-by-csms!"}]}
        (result,) = csms.call(identity, "SetVariables", given)["setVariableResult"]
        assert result["attributeStatus"] == "Accepted"
    # It hangs up, and is let in with the new key alone.
    until(lambda: csms.connections() > before and csms.is_connected(identity))
    # The operator's word is newer, though it is what it was before.
    trial.change(charger, authorization_key=KEY)
    assert "check authorization_key" in until(lambda: trial.connection(charger)["last_error"])
    trial.change(charger, authorization_key="rotated-by-csms!")
    until(lambda: trial.is_online(charger))
    trial.api.delete(f"/ocpp/chargers/{charger}")


def test_a_certificate_that_the_csms_signs_is_shown_from_then_on(
    trial: Trial, tmp_path: Path
) -> None:
    first, second = Authority("of the operator"), Authority("of the CSMS")
    certs, port = trial.directory / "certs", free_port()
    (tmp_path / "both.pem").write_text(first.pem + second.pem)
    (tmp_path / "second.pem").write_text(second.pem)
    certificate, key = second.issue("probe")
    (certs / "probe.pem").write_text(certificate)
    (certs / "probe.key").write_text(key)
    address, client = f"127.0.0.1:{port}", https(trial.directory, "probe")
    csms = Csms(
        f"wss://{address}/ocpp", httpx2.Client(base_url=f"https://{address}", verify=client)
    )
    listen = [VOLTFLEET, "csms", "--port", str(port), "--tls-cert", certs / "csms.pem"]
    listen += ["--tls-key", certs / "csms.key", "--client-ca"]
    log = tmp_path / "csms.log"
    own, own_key = first.issue("SIGNED")
    with running([*listen, tmp_path / "both.pem"], log):
        until(lambda: csms_has(csms, "SIGNED") is False)
        charger = trial.create(
            "SIGNED",
            csms.url,
            "OCPP2.0.1",
            security_profile=3,
            ca_certificate=trial.trust(),
            client_certificate=own,
            client_key=own_key,
        )
        until(lambda: trial.is_online(charger))
        wanted = {"requestedMessage": "SignChargingStationCertificate"}
        assert csms.call("SIGNED", "TriggerMessage", wanted)["status"] == "Accepted"
        (request,) = until(lambda: trial.sent(charger, "SignCertificate"))
        before = csms.connections()
        answer = csms.call(
            "SIGNED", "CertificateSigned", {"certificateChain": second.signed(request["csr"])}
        )
        assert answer["status"] == "Accepted"
        until(lambda: csms.connections() > before and csms.is_connected("SIGNED"))
    # One that knows only the new authority lets it in: it shows the new certificate.
    with running([*listen, tmp_path / "second.pem"], log):
        until(lambda: trial.is_online(charger) and csms_has(csms, "SIGNED"))
        trial.api.delete(f"/ocpp/chargers/{charger}")


def csms_has(csms: Csms, identity: str) -> bool | None:
    """Whether it is connected there; None while the CSMS is not there itself."""
    try:
        return csms.is_connected(identity)
    except httpx2.HTTPError:
        return None


def test_another_csms_is_dialled_when_the_first_one_is_gone(
    trial: Trial, secure: Csms, tmp_path: Path
) -> None:
    """B09, B10: the second has a higher security profile, and a password of its own."""
    port = free_port()
    first = Csms(f"ws://127.0.0.1:{port}/ocpp", httpx2.Client(base_url=f"http://127.0.0.1:{port}"))
    listen = [VOLTFLEET, "csms", "--port", str(port), "--authorization-key", KEY]
    with running(listen, tmp_path / "first.log") as process:
        until(lambda: csms_has(first, "FAILOVER") is False)
        charger = trial.create(
            "FAILOVER", first.url, "OCPP2.0.1", security_profile=1, authorization_key=KEY
        )
        until(lambda: trial.is_online(charger))
        root = {"certificateType": "CSMSRootCertificate", "certificate": trial.trust()}
        assert first.call("FAILOVER", "InstallCertificate", root)["status"] == "Accepted"
        data = {
            "ocppVersion": "OCPP20",
            "ocppTransport": "JSON",
            "ocppCsmsUrl": secure.url,
            "messageTimeout": 30,
            "securityProfile": 2,
            "ocppInterface": "Wired0",
        }
        slot = {"configurationSlot": 2, "connectionData": data}
        assert first.call("FAILOVER", "SetNetworkProfile", slot)["status"] == "Accepted"
        for name, value in (
            ("NetworkConfigurationPriority", "1,2"),
            ("NetworkProfileConnectionAttempts", "1"),
        ):
            variable = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": name}}
            given = {"setVariableData": [variable | {"attributeValue": value}]}
            (result,) = first.call("FAILOVER", "SetVariables", given)["setVariableResult"]
            assert result["attributeStatus"] == "Accepted", result
        process.kill()
    until(lambda: secure.is_connected("FAILOVER"))
    until(lambda: trial.is_online(charger))
    trial.api.delete(f"/ocpp/chargers/{charger}")


def test_nothing_secret_is_told(trial: Trial, basic: Csms) -> None:
    """Neither by a log, nor an answer, nor the list of processes, after all that went before."""
    certificate, key = Authority().issue("CP")
    secret = "never-to-be-shown-key"
    charger = trial.create(
        "SECRET", basic.url, "OCPP1.6", security_profile=1, authorization_key=secret
    )
    trial.error(charger)
    answers = [
        trial.api.get(f"/ocpp/chargers/{charger}").text,
        trial.api.get("/ocpp/chargers").text,
        trial.api.put(
            f"/ocpp/chargers/{charger}", json={"security_profile": 3, "client_key": key}
        ).text,
    ]
    wrong: list[dict[str, Any]] = [
        {"security_profile": 1, "authorization_key": secret * 20},
        {"security_profile": 9, "authorization_key": secret},
        {"security_profile": 0, "authorization_key": secret, "client_key": key},
        {"security_profile": 3, "client_certificate": certificate, "client_key": key[:-40]},
        {"security_profile": 1, "authorization_key": [secret], "client_key": {"pem": key}},
    ]
    for number, fields in enumerate(wrong):
        body = KIND | {"identity": f"WRONG-{number}", "ws_url": basic.url} | fields
        answer = trial.api.post("/ocpp/chargers", json=body)
        assert answer.status_code == 422, answer.text
        answers.append(answer.text)
    broken = trial.api.post(
        "/ocpp/chargers",
        content=f'{{"authorization_key": "{secret}"',
        headers={"Content-Type": "application/json"},
    )
    answers += [broken.text, trial.api.get(f"/ocpp/chargers/{charger}/logs").text]

    commands, tokens = _processes(trial.directory)
    token = trial.api.headers["Authorization"].removeprefix("Bearer ")
    assert len(tokens) == 1
    body_of_key = key.splitlines()[1]
    secrets = [secret, token, body_of_key, *tokens]
    logs = [log.read_text(errors="replace") for log in trial.directory.glob("terminal-*.log")]
    assert len(logs) == 4
    for told in (*answers, *commands, *logs):
        for hidden in (*secrets, secret.encode().hex(), base64.b64encode(b"SECRET:")[:-2].decode()):
            assert hidden not in told
        assert KEY not in told
    kept = trial.directory / "voltfleet-data"
    for file in (kept / "token", kept / "keys" / "signing-keys.json", kept / "voltfleet.db"):
        assert file.exists()
    assert kept.stat().st_mode & 0o777 == 0o700
    assert (kept / "token").stat().st_mode & 0o777 == 0o600
    assert (kept / "keys" / "signing-keys.json").stat().st_mode & 0o777 == 0o600
    trial.api.delete(f"/ocpp/chargers/{charger}")


def _processes(directory: Path) -> tuple[list[str], list[str]]:
    """The command lines of the page's processes and their children, and the hosts' tokens."""
    family = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.cwd() == str(directory):
                family.append(process)
    lines = [" ".join(process.cmdline()) for process in family]
    hosts = [p for p in family if "voltfleet.host" in p.cmdline()]
    assert any("voltfleet.cli.gateway" in line for line in lines), lines
    return lines, [p.environ()["VOLTFLEET_HOST_TOKEN"] for p in hosts]


def test_a_database_password_is_not_told(tmp_path: Path) -> None:
    password, log = "never-to-be-shown-password", tmp_path / "serve.log"
    url = f"postgresql://someone:{password}@127.0.0.1:{free_port()}/nowhere"
    where = ["--port", str(free_port()), "--data-dir", str(tmp_path / "data")]
    with running([VOLTFLEET, "serve", *where], log, VOLTFLEET_DATABASE_URL=url) as process:
        until(lambda: "Cannot open the database" in processes.tail(log), process, log, 90)
        # Each gateway ends at once, and serve starts the next: one has to be met alive.
        commands = until(lambda: _commands_below(process.pid), process, log, 90)
    assert password not in log.read_text()
    assert password not in commands


def _commands_below(pid: int) -> str:
    """The command lines of the gateways under a process; empty when none lives just now."""
    commands = []
    for child in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.Error):
            commands.append(" ".join(child.cmdline()))
    return "\n".join(line for line in commands if "voltfleet.cli.gateway" in line)
