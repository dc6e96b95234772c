"""How gateways on one data directory know at once that one of them has died.

Each holds a file there (`observability.liveness`). A gateway of another machine has none there: it
is judged by its silence (`workflows.silence`).
"""

from pathlib import Path

from voltfleet.observability import liveness


class Presence:
    """This process's file, and a look at the others'."""

    def __init__(self, data_dir: Path, gateway_id: str) -> None:
        self._directory = data_dir / "gateways"
        self._gateway_id = gateway_id
        self._descriptor: int | None = None

    def show(self) -> None:
        """From now on until this process ends."""
        self._directory.mkdir(parents=True, exist_ok=True)
        self._descriptor = liveness.hold(self._file(self._gateway_id))

    def has_ended(self, gateway_id: str) -> bool:
        """Whether that gateway's process is known to have died. One that is frozen has not."""
        return liveness.is_left(self._file(gateway_id))

    def forget(self, gateway_id: str) -> None:
        """Removes what that gateway left here, if anything."""
        self._file(gateway_id).unlink(missing_ok=True)

    def _file(self, gateway_id: str) -> Path:
        return self._directory / f"{gateway_id.replace('/', '_')}.lock"
