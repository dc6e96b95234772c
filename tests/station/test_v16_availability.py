"""OCPP 1.6 §4.9, §5.2, §5.14: status, availability, reset."""

import pytest
from bench16 import Bench, ac_station, booted

from voltfleet.domain.hosting import ConnectionState
from voltfleet.domain.timestamps import rfc3339
from voltfleet.station.v16.status import TRANSITIONS, path
from voltfleet.station.v16.types import Status


@pytest.mark.parametrize("old", list(Status))
@pytest.mark.parametrize("new", list(Status))
def test_every_step_stands_in_the_table_of_the_standard(old, new):
    if new in TRANSITIONS[old]:
        assert path(old, new) == (new,)
    elif old is Status.PREPARING and new in {Status.RESERVED, Status.UNAVAILABLE}:
        assert path(old, new) == (Status.AVAILABLE, new)
    else:
        with pytest.raises(RuntimeError, match="no way"):
            path(old, new)


def test_inoperative_and_back():
    bench = booted(ac_station(2))
    for type_, status in (("Inoperative", "Unavailable"), ("Operative", "Available")):
        answer = bench.ask("ChangeAvailability", connectorId=2, type=type_)
        assert answer == {"status": "Accepted"}
        assert bench.told(2)[-1] == status
    assert bench.told(1) == ["Available"]


def test_what_is_so_already_is_accepted_and_not_told_again():
    bench = booted()
    answer = bench.ask("ChangeAvailability", connectorId=1, type="Operative")
    assert answer == {"status": "Accepted"}
    assert bench.told() == ["Available"]


def test_a_connector_that_is_not_there():
    answer = booted().ask("ChangeAvailability", connectorId=7, type="Inoperative")
    assert answer == {"status": "Rejected"}


def test_during_a_transaction_it_is_scheduled():
    bench = booted()
    bench.charge()
    answer = bench.ask("ChangeAvailability", connectorId=1, type="Inoperative")
    assert answer == {"status": "Scheduled"}
    assert bench.told()[-1] == "Charging"
    bench.ask("RemoteStopTransaction", transactionId=1)
    assert bench.told()[-1] == "Unavailable"
    bench.run(10)
    assert bench.told()[-1] == "Unavailable"


def test_what_was_scheduled_can_be_taken_back():
    bench = booted()
    bench.charge()
    bench.ask("ChangeAvailability", connectorId=1, type="Inoperative")
    answer = bench.ask("ChangeAvailability", connectorId=1, type="Operative")
    assert answer == {"status": "Accepted"}
    bench.ask("RemoteStopTransaction", transactionId=1)
    assert bench.told()[-1] == "Finishing"


def test_connector_0_is_the_whole_station():
    bench = booted(ac_station(2))
    bench.charge(connector=1)
    answer = bench.ask("ChangeAvailability", connectorId=0, type="Inoperative")
    assert answer == {"status": "Scheduled"}
    assert bench.told(0)[-1] == "Unavailable"
    assert bench.told(2)[-1] == "Unavailable"
    assert bench.told(1)[-1] == "Charging"
    bench.ask("RemoteStopTransaction", transactionId=1)
    bench.run(10)
    assert bench.told(1)[-1] == "Unavailable"
    answer = bench.ask("ChangeAvailability", connectorId=0, type="Operative")
    assert answer == {"status": "Accepted"}
    assert [bench.told(n)[-1] for n in (0, 1, 2)] == ["Available"] * 3


def test_a_waiting_token_is_withdrawn():
    bench = booted()
    bench.ask("RemoteStartTransaction", idTag="T")
    bench.ask("ChangeAvailability", connectorId=1, type="Inoperative")
    assert bench.told()[-3:] == ["Preparing", "Available", "Unavailable"]
    bench.run(30)
    assert "StartTransaction" not in bench.actions()
    bench.ask("ChangeAvailability", connectorId=1, type="Operative")
    bench.run(30)
    assert bench.told()[-1] == "Available"


def test_availability_survives_a_reset():
    bench = booted()
    bench.ask("ChangeAvailability", connectorId=1, type="Inoperative")
    bench.ask("Reset", type="Soft")
    bench.run(10)
    assert bench.told()[-2:] == ["Unavailable", "Unavailable"]


# --- Reset ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["Soft", "Hard"])
def test_an_idle_station_reboots_and_boots(kind):
    bench = booted()
    assert bench.ask("Reset", type=kind) == {"status": "Accepted"}
    assert not bench.connected
    assert not bench.station.link_wanted
    bench.run(0.9)
    assert not bench.station.link_wanted
    bench.run(4.2)
    assert bench.station.link_wanted
    assert bench.actions().count("BootNotification") == 2
    assert bench.told() == ["Available"] * 2
    assert bench.registrations[-1].state is ConnectionState.ONLINE


def test_soft_reset_tells_the_end_of_the_transaction_before_it_goes_down():
    bench = booted()
    bench.charge()
    bench.ask("Reset", type="Soft")
    bench.run(10)
    actions = bench.actions()
    stop = actions.index("StopTransaction")
    assert "BootNotification" not in actions[1:stop]
    assert "BootNotification" in actions[stop:]
    assert bench.calls("StopTransaction")[0]["reason"] == "SoftReset"


def test_hard_reset_tells_it_after_the_boot_with_the_time_of_the_reset():
    bench = booted()
    bench.charge()
    bench.run(60)
    at = bench.now
    bench.ask("Reset", type="Hard")
    bench.run(10)
    actions = bench.actions()
    assert actions.index("StopTransaction") > len(actions) - 1 - actions[::-1].index(
        "BootNotification"
    )
    [stop] = bench.calls("StopTransaction")
    assert stop["reason"] == "HardReset"
    assert stop["timestamp"] == rfc3339(at)


def test_soft_reset_does_not_wait_for_ever():
    bench = booted()
    bench.charge()
    bench.policies["StopTransaction"] = lambda _: None
    bench.ask("Reset", type="Soft")
    bench.run(9)
    assert bench.station.link_wanted
    assert bench.ask("Reset", type="Soft") == {"status": "Rejected"}
    assert bench.ask("RemoteStartTransaction", idTag="T") == {"status": "Rejected"}
    bench.policies.clear()
    bench.run(10)
    assert bench.actions().count("BootNotification") == 2
    assert bench.actions().count("StopTransaction") == 2


def test_a_boot_that_is_rejected_after_a_reset_keeps_the_transaction_messages():
    bench = booted()
    bench.charge()
    bench.boot = {"status": "Rejected", "interval": 30}
    bench.ask("Reset", type="Hard")
    bench.run(20)
    assert "StopTransaction" not in bench.actions()
    bench.boot = {"status": "Accepted", "interval": 30}
    bench.run(20)
    assert bench.actions().count("StopTransaction") == 1


def test_nothing_is_heard_while_it_is_down():
    bench = booted()
    bench.ask("Reset", type="Hard")
    assert bench.station.receive('[2,"x","ClearCache",{}]', bench.now) == ""
    assert bench.station.outgoing() == []
    bench.station.connected(bench.now)
    assert bench.station.outgoing() == []


def test_a_waiting_token_is_lost_in_a_reset():
    bench = booted()
    bench.command("start-session", id_tag="T")
    bench.ask("Reset", type="Hard")
    assert bench.outcomes[-1].reason == "the station was reset"
    bench.run(30)
    assert "StartTransaction" not in bench.actions()


def test_a_host_that_kept_the_socket_gets_a_boot_all_the_same():
    bench = Bench()
    bench.connect()
    bench.connected = False  # the bench does not close it
    bench.station.receive('[2,"x","Reset",{"type":"Hard"}]', bench.now)
    bench.station.outgoing()
    while not bench.station.link_wanted:
        due = bench.station.next_deadline()
        assert due is not None
        bench.station.tick(due)
    assert [action for action, _ in bench.station.outgoing()] == ["BootNotification"]
