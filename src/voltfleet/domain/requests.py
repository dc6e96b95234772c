"""What a provisioning job is asked to create, as it is kept in the job's row."""

import msgspec


class Template(msgspec.Struct, frozen=True):
    """What every charger of one group shares; every field has been validated."""

    brand_slug: str
    model_slug: str
    connector_type: str
    ocpp_version: str
    ws_url: str


class Requested(msgspec.Struct, frozen=True, array_like=True):
    """One charger of a group: its full identity and its display name."""

    identity: str
    name: str


class RequestedGroup(msgspec.Struct, frozen=True):
    """Chargers of one template. Identities are drawn once, here: a retry repeats the same ones."""

    template: Template
    chargers: list[Requested]


class JobRequest(msgspec.Struct, frozen=True):
    """A whole batch, in the order of the request."""

    groups: list[RequestedGroup]

    @property
    def total(self) -> int:
        """How many chargers it asks for."""
        return sum(len(group.chargers) for group in self.groups)

    def window(self, start: int, count: int) -> list[tuple[int, Template, Requested]]:
        """The chargers at positions ``start`` to ``start + count``, with their positions."""
        found: list[tuple[int, Template, Requested]] = []
        first = 0
        for group in self.groups:
            here = group.chargers[max(0, start - first) : max(0, start + count - first)]
            offset = max(first, start)
            found += [(offset + i, group.template, charger) for i, charger in enumerate(here)]
            first += len(group.chargers)
        return found


def encode(request: JobRequest) -> str:
    """The request as the JSON kept in the job's row."""
    return msgspec.json.encode(request).decode()


def decode(text: str) -> JobRequest:
    """The request out of the job's row."""
    return msgspec.json.decode(text, type=JobRequest)
