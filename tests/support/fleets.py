"""What a user of a running gateway does before there is anything to look at."""

import time
from pathlib import Path
from typing import Any, Protocol

import httpx2

from support.kills import LOCATION
from support.processes import until
from voltfleet.auth import jwt, keys
from voltfleet.auth.principal import Role

KINDS = [
    ("wallbox", "wallbox-pulsar-plus", "Type2", "OCPP1.6"),
    ("abb", "terra-184", "CCS2", "OCPP2.0.1"),
]
JOB_SECONDS = 60.0


class Gateway(Protocol):
    """A gateway that runs: `processes.Gateway`, or `shared_gateway.SharedGateway`."""

    @property
    def url(self) -> str:
        """Where it listens."""

    @property
    def data_directory(self) -> Path:
        """Where it keeps its keys."""


def token_for(gateway: Gateway, organization_id: str | None, *, seconds: float = 3600) -> str:
    """A user's token of that organization, or an admin's (None); good for ``seconds``, and with a
    negative number expired that long ago."""
    return jwt.issue(
        keys.load_or_create(gateway.data_directory / "keys"),
        role=Role.ADMIN if organization_id is None else Role.USER,
        organization_id=organization_id,
        ttl_seconds=abs(seconds),
        now=time.time() + (2 * seconds if seconds < 0 else 0),
    )


class Caller:
    """The API as one organization's user calls it."""

    def __init__(self, gateway: Gateway, organization_id: str) -> None:
        self.token = token_for(gateway, organization_id)
        headers = {"Authorization": f"Bearer {self.token}"}
        self._client = httpx2.Client(
            base_url=gateway.url, headers=headers, timeout=30, trust_env=False
        )

    def call(self, method: str, path: str, **request: Any) -> Any:
        """The answer, which must be a good one."""
        answer = self._client.request(method, path, **request)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def location(self, name: str) -> str:
        """The id of a new location."""
        made: dict[str, Any] = self.call("POST", "/ocpp/locations", json=LOCATION | {"name": name})
        return str(made["id"])

    def chargers(self, location_id: str, number: int, ws_url: str, prefix: str = "CP-") -> str:
        """The path of a job that makes so many chargers, half of each kind; it may not be over."""
        groups = [
            {
                "template": {
                    "brand_slug": brand,
                    "model_slug": model,
                    "connector_type": connector,
                    "ocpp_version": version,
                    "ws_url": ws_url,
                    "identity_prefix": prefix,
                },
                "charger_ids": [f"{n:05}" for n in range(which, number, len(KINDS))],
            }
            for which, (brand, model, connector, version) in enumerate(KINDS)
            if which < number
        ]
        path = f"/ocpp/locations/{location_id}/chargers"
        return str(self.call("POST", path, json=groups)["status_url"])

    def finished(self, status_url: str) -> dict[str, Any]:
        """The job, once it is READY."""
        job: dict[str, Any] = until(lambda: self._over(status_url), seconds=JOB_SECONDS)
        assert job["status"] == "READY", job
        return job

    def _over(self, status_url: str) -> Any:
        job = self.call("GET", status_url)
        return job if job["status"] in ("READY", "FAILED") else None
