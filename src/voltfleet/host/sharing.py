"""One copy of what thousands of assignments say alike."""

import sys
from functools import lru_cache

import msgspec

from voltfleet.domain.hosting import Assignment, DialSecurity


def shared_words(assignment: Assignment) -> Assignment:
    """The same, for a host to keep: without its memory, which would soon be an old one."""
    return msgspec.structs.replace(
        assignment,
        ws_url=sys.intern(assignment.ws_url),
        ocpp_version=sys.intern(assignment.ocpp_version),
        brand_slug=sys.intern(assignment.brand_slug),
        model_slug=sys.intern(assignment.model_slug),
        connector_type=sys.intern(assignment.connector_type),
        security=None if assignment.security is None else _one_copy(assignment.security),
        memory=None,
    )


@lru_cache(maxsize=4096)
def _one_copy(security: DialSecurity) -> DialSecurity:
    """A thousand chargers of one template share their certificates."""
    return security
