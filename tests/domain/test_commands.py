"""Command kinds and their payloads."""

import msgspec
import pytest

from voltfleet.domain import commands
from voltfleet.domain.commands import CommandKind, CommandState


def test_every_kind_has_a_payload():
    assert set(commands.PAYLOADS) == set(CommandKind)
    assert len(CommandKind) == 18


def test_a_payload_is_read_as_its_kind_says():
    payload = commands.read_payload(
        CommandKind.START_SESSION, {"id_tag": "T", "connector_id": None, "target_energy_kwh": 5}
    )
    assert payload == commands.StartSession("T", target_energy_kwh=5.0)


@pytest.mark.parametrize("payload", [{}, {"id_tag": 5}, {"id_tag": "T", "connector_id": "one"}])
def test_a_payload_that_does_not_fit_names_its_field(payload):
    with pytest.raises(msgspec.ValidationError, match=r"id_tag|connector_id"):
        commands.read_payload(CommandKind.START_SESSION, payload)


def test_four_states_are_final():
    on_the_way = {CommandState.QUEUED, CommandState.SENT}
    assert set(CommandState) - commands.TERMINAL_STATES == on_the_way
