"""What a driver is: whatever can run host processes for a gateway."""

from typing import Protocol


class Driver(Protocol):
    """Runs hosts somewhere. A host dials the gateway by itself; a driver only keeps it alive."""

    @property
    def chunk(self) -> int:
        """How many chargers to register at once: large where placing one is a row in a table, one
        where every charger costs a call to a cloud."""

    async def run(self) -> None:
        """Starts the hosts, restarts those that die, and stops them all when cancelled."""
