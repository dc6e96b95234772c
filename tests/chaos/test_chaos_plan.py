"""What strikes when."""

from typing import get_args

from voltfleet.chaos.plan import POINTS, Fault, Strike, draw
from voltfleet.domain import hosting

ROLES = ("serve", "gateway", "host", "keeper")


def strikes(seed: int, count: int = 500) -> list[Strike]:
    return [draw(seed, number, frozenset(Fault), ROLES, 5.0) for number in range(count)]


def test_a_seed_draws_the_same_strikes() -> None:
    assert strikes(1) == strikes(1)
    assert strikes(1) != strikes(2)


def test_every_fault_target_and_point_is_drawn() -> None:
    drawn = strikes(3, 3_000)
    assert {strike.fault for strike in drawn} == set(Fault)
    killed = {strike.target for strike in drawn if strike.fault is Fault.KILL}
    assert killed == {*ROLES, "everything"}
    reached = {strike.point for strike in drawn if strike.point}
    assert reached == {point for points in POINTS.values() for point in points}


def test_only_the_faults_asked_for_are_drawn() -> None:
    drawn = {draw(1, number, {Fault.CUT}, ROLES, 5.0).fault for number in range(50)}
    assert drawn == {Fault.CUT}


def test_a_freeze_outlasts_the_lease() -> None:
    frozen = [strike.lasts for strike in strikes(4) if strike.fault is Fault.FREEZE]
    assert min(frozen) > 5.0


def test_there_is_a_point_for_every_message_of_the_host_link() -> None:
    from_hosts = {kind.__name__ for kind in get_args(hosting.HostMessage)}
    from_gateways = {kind.__name__ for kind in get_args(hosting.GatewayMessage)}
    named = {point for points in POINTS.values() for point in points}
    assert {f"host.sends.{name}" for name in from_hosts} <= named
    assert {f"gateway.hears.{name}" for name in from_hosts - {"Hello"}} <= named
    assert {f"gateway.sends.{name}" for name in from_gateways} <= named
    assert {f"host.hears.{name}" for name in from_gateways} <= named
