"""How many chargers a host process can run: each needs a file descriptor for its socket."""

import resource

RESERVED_DESCRIPTORS = 128
"""For the event loop, the link, logs, name look-ups, and dials that replace a closing socket."""


def raise_descriptor_limit() -> int:
    """Raise the soft limit on file descriptors as far as this process may. Returns the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def capacity(descriptors: int, limit: int | None) -> int:
    """The most chargers: what the descriptors allow, or fewer if ``limit`` says so."""
    if descriptors == resource.RLIM_INFINITY:
        descriptors = 1_000_000
    room = max(0, descriptors - RESERVED_DESCRIPTORS)
    return room if limit is None else min(room, limit)
