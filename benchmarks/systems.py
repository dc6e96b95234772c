"""What most parts of the bench run: a gateway with its hosts, a demo CSMS, and a client."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import httpx2

from support import processes
from support.processes import Csms, Gateway


@contextlib.contextmanager
def started(
    directory: Path, options: list[str], *csms_options: str
) -> Iterator[tuple[Csms, Gateway, httpx2.Client]]:
    """All of it, ready to take chargers; it ends with the block."""
    with (
        processes.running_csms(directory / "csms.log", "--quiet", *csms_options) as csms,
        served(directory / "data", *options) as (gateway, api),
    ):
        yield csms, gateway, api


@contextlib.contextmanager
def served(
    data_directory: Path, *options: str, **settings: str
) -> Iterator[tuple[Gateway, httpx2.Client]]:
    """The same without a CSMS. ``settings`` are variables of the gateway's environment."""
    with (
        processes.running_gateway(data_directory, *options, **settings) as gateway,
        httpx2.Client(
            base_url=gateway.url,
            headers={"Authorization": f"Bearer {gateway.token}"},
            timeout=60,
            trust_env=False,
        ) as api,
    ):
        processes.until(lambda: api.get("/health/ready").is_success)
        yield gateway, api
