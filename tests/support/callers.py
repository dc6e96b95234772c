"""Callers of the API in the test's own process: every role, and what they are told."""

import httpx2
from fastapi import FastAPI

from voltfleet.auth import jwt, keys
from voltfleet.auth.principal import Role

ORGANIZATION_OF = {"user": "acme", "stranger": "other"}


class Api:
    """The API as several callers use it: ``as_("user")`` is a client with that caller's token."""

    def __init__(self, app: FastAPI, signing_keys: keys.LocalKeys, now: float) -> None:
        self._app = app
        self._keys = signing_keys
        self._now = now

    def as_(self, who: str, **headers: str) -> httpx2.AsyncClient:
        """``anonymous``, ``user`` (of acme), ``stranger`` (of other), ``admin`` or ``host``."""
        if who != "anonymous":
            headers["Authorization"] = f"Bearer {self.token(who)}"
        transport = httpx2.ASGITransport(app=self._app)
        return httpx2.AsyncClient(transport=transport, base_url="http://test", headers=headers)

    def token(self, who: str) -> str:
        """A token good for an hour."""
        role = Role(who) if who in set(Role) else Role.USER
        organization_id = ORGANIZATION_OF.get(who)
        host_id = "local-0" if role is Role.HOST else None
        return jwt.issue(
            self._keys,
            role=role,
            organization_id=organization_id,
            ttl_seconds=3600,
            now=self._now,
            host_id=host_id,
        )


def codes(response: httpx2.Response) -> list[tuple[object, object]]:
    """What a 422 says: path and kind of every offending field."""
    assert response.status_code == 422, response.text
    return [(item["loc"], item["type"]) for item in response.json()["detail"]]
