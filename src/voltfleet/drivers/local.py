"""Hosts as processes of this machine, beside the gateway."""

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from voltfleet.drivers.child import Child, ParentPipe

CHUNK = 1_000


def spare_cores() -> int:
    """How many hosts to run by default: a core is left to the gateway, one host there is always."""
    return max(1, (os.cpu_count() or 2) - 1)


class LocalDriver:
    """Runs ``count`` host processes named ``local-0``, ``local-1``, … and keeps them alive. Each
    has a token of its own, by ``token_of`` its name."""

    chunk = CHUNK

    def __init__(
        self,
        count: int,
        *,
        gateway_url: str,
        data_dir: Path,
        token_of: Callable[[str], str],
        pipe: ParentPipe,
        environment: Mapping[str, str],
        log: int | None = None,
    ) -> None:
        self._children = [
            Child(
                f"host local-{number}",
                [
                    "-m",
                    "voltfleet.host",
                    "--gateway",
                    gateway_url,
                    "--host-id",
                    f"local-{number}",
                    "--data-dir",
                    str(data_dir),
                ],
                pipe=pipe,
                environment={
                    **environment,
                    "VOLTFLEET_HOST_TOKEN": token_of(f"local-{number}"),
                },
                log=log,
            )
            for number in range(count)
        ]

    async def run(self) -> None:
        """Starts the hosts, restarts those that die, and stops them all when cancelled."""
        tasks = [asyncio.create_task(child.run()) for child in self._children]
        try:
            await asyncio.gather(*tasks)
        finally:
            await asyncio.gather(*(child.stop() for child in self._children))
            await asyncio.gather(*tasks, return_exceptions=True)
