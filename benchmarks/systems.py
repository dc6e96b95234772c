"""What most parts of the bench run: a gateway with its hosts, a demo CSMS, and a client."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import httpx2

from support import processes
from support.processes import Csms, Gateway


@contextlib.contextmanager
def started(directory: Path, options: list[str]) -> Iterator[tuple[Csms, Gateway, httpx2.Client]]:
    """All of it, ready to take chargers; it ends with the block."""
    with (
        processes.running_csms(directory / "csms.log", "--quiet") as csms,
        processes.running_gateway(directory / "data", *options) as gateway,
        httpx2.Client(
            base_url=gateway.url,
            headers={"Authorization": f"Bearer {gateway.token}"},
            timeout=30,
            trust_env=False,
        ) as api,
    ):
        processes.until(lambda: api.get("/health/ready").is_success)
        yield csms, gateway, api
