"""Hosts as processes of this machine, beside the gateway."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from voltfleet.drivers.child import Child, ParentPipe

CHUNK = 1_000


def spare_cores() -> int:
    """How many hosts to run by default: a core is left to the gateway, one host there is always."""
    return max(1, (os.cpu_count() or 2) - 1)


def host_process(
    host_id: str,
    *,
    gateway_url: str,
    data_dir: Path,
    token: str,
    pipe: ParentPipe,
    environment: Mapping[str, str],
    options: Sequence[str] = (),
    log: int | None = None,
) -> Child:
    """One host process that is kept alive, and killed if it is frozen past its lease."""
    where = ["--gateway", gateway_url, "--host-id", host_id, "--data-dir", str(data_dir)]
    return Child(
        f"host {host_id}",
        ["-m", "voltfleet.host", *where, *options],
        pipe=pipe,
        environment={**environment, "VOLTFLEET_HOST_TOKEN": token},
        log=log,
        leased=True,
    )


class LocalDriver:
    """Runs ``count`` host processes named ``<name>-0``, ``<name>-1``, … and keeps them alive. Each
    has a token of its own, by ``token_of`` its name."""

    chunk = CHUNK

    def __init__(
        self,
        count: int,
        *,
        name: str,
        gateway_url: str,
        data_dir: Path,
        token_of: Callable[[str], str],
        pipe: ParentPipe,
        environment: Mapping[str, str],
        log: int | None = None,
    ) -> None:
        self._children = [
            host_process(
                host_id,
                gateway_url=gateway_url,
                data_dir=data_dir,
                token=token_of(host_id),
                pipe=pipe,
                environment=environment,
                log=log,
            )
            for host_id in (f"{name}-{number}" for number in range(count))
        ]

    async def run(self) -> None:
        """Starts the hosts, restarts those that die, and stops them all when cancelled."""
        tasks = [asyncio.create_task(child.run()) for child in self._children]
        try:
            await asyncio.gather(*tasks)
            await asyncio.Event().wait()  # there are none: until cancelled all the same
        finally:
            await asyncio.gather(*(child.stop() for child in self._children))
            await asyncio.gather(*tasks, return_exceptions=True)
