"""Whose things a request may see: tenant isolation, in one place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tenant:
    """The organization on whose behalf something is done. Every query about things that belong to
    somebody takes one."""

    organization_id: str
