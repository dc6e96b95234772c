"""The fields by which a charger is given a security profile: written, never read."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from voltfleet.api.models import RequestModel
from voltfleet.domain.dial_security import FIELDS, read
from voltfleet.domain.errors import Problem
from voltfleet.domain.hosting import DialSecurity

Pem = Annotated[str, Field(max_length=65_536)]


class SecurityFields(RequestModel):
    """How a charger proves who it is, and whom it trusts."""

    security_profile: int | None = Field(
        default=None,
        description="0: none (the default). 1: HTTP Basic over ws://. 2: HTTP Basic over wss://. "
        "3: a client certificate over wss://.",
    )
    authorization_key: str | None = Field(
        default=None,
        max_length=255,
        repr=False,
        description="The password of profiles 1 and 2; the user is the charger's identity. 16 to "
        "40 bytes, sent as they are; a binary one is written as `hex:` and hexadecimal digits.",
        json_schema_extra={"writeOnly": True},
    )
    ca_certificate: Pem | None = Field(
        default=None,
        description="PEM: the only authorities that are trusted for the CSMS's certificate "
        "(profiles 2 and 3). Default: the system's.",
    )
    client_certificate: Pem | None = Field(
        default=None,
        repr=False,
        description="PEM: the charger's own certificate first, then its chain.",
    )
    client_key: Pem | None = Field(
        default=None,
        repr=False,
        description="PEM: the private key of `client_certificate`, without a password.",
        json_schema_extra={"writeOnly": True},
    )

    def security_sent(self) -> dict[str, Any]:
        """The fields of this kind that were sent."""
        return {name: getattr(self, name) for name in FIELDS if name in self.model_fields_set}


def security_of(
    fields: SecurityFields, ws_url: str, loc: Sequence[str | int], where: str = ""
) -> tuple[DialSecurity | None, list[Problem]]:
    """What was asked for, and what is wrong with it."""
    return read(fields.security_sent(), ws_url, tuple(loc), where)
