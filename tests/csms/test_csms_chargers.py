"""Who is remembered, and how many count as booted."""

import pytest

from voltfleet.csms import chargers
from voltfleet.csms.chargers import Registry
from voltfleet.csms.frame_log import FrameLog
from voltfleet.csms.options import BootStatus
from voltfleet.domain.specs import OcppVersion


class Socket:
    def send(self, text: str) -> None: ...

    def close(self, code: int, reason: str) -> None: ...

    def is_live(self) -> bool:
        return True


def test_booted_counts_the_accepted_that_are_connected() -> None:
    registry, link = Registry(), Socket()
    charger, _ = registry.attach("A", OcppVersion.V16, link, 0.0)
    assert registry.booted == 0
    registry.register(charger, BootStatus.ACCEPTED)
    registry.register(charger, BootStatus.ACCEPTED)
    assert registry.booted == 1
    registry.register(charger, BootStatus.PENDING)
    assert registry.booted == 0
    registry.register(charger, BootStatus.ACCEPTED)
    assert registry.detach(charger, link)
    assert registry.booted == 0
    again, replaced = registry.attach("A", OcppVersion.V16, link, 0.0)
    assert (again, replaced, registry.booted) == (charger, None, 1)


def test_the_end_of_a_replaced_socket_changes_nothing() -> None:
    registry, old, new = Registry(), Socket(), Socket()
    charger, _ = registry.attach("A", OcppVersion.V16, old, 0.0)
    _, replaced = registry.attach("A", OcppVersion.V16, new, 0.0)
    assert replaced is old
    assert not registry.detach(charger, old)
    assert registry.live == {"A": charger}


def test_connectors_are_forgotten_when_the_version_changes() -> None:
    registry, link = Registry(), Socket()
    charger, _ = registry.attach("A", OcppVersion.V16, link, 0.0)
    charger.connectors[1, 1] = "Available"
    registry.attach("A", OcppVersion.V16, link, 0.0)
    assert charger.connectors
    registry.attach("A", OcppVersion.V201, link, 0.0)
    assert not charger.connectors


def test_the_longest_gone_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chargers, "REMEMBERED_MAX", 2)
    registry, link = Registry(), Socket()
    for identity in "ABC":
        charger, _ = registry.attach(identity, OcppVersion.V16, link, 0.0)
        registry.detach(charger, link)
    assert registry.find("A") is None
    assert [c.identity for c in registry.page(0, 9)] == ["B", "C"]


def test_a_long_log_is_written_in_pieces(tmp_path: object) -> None:
    path = tmp_path / "log.jsonl"  # type: ignore[operator]
    log = FrameLog(path)
    for _ in range(300):
        log.write(1.0, "CP-1", from_station=True, action="X", text="y" * 1000)
    assert 256 * 1024 <= path.stat().st_size < 300 * 1000
    log.flush()
    log.close()
    assert len(path.read_text().splitlines()) == 300
