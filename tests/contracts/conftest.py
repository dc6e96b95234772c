"""A gateway and a CSMS, as real processes, and the public client pointed at them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import ocpplab
import pytest

from support.fleets import token_for
from support.processes import Csms, running_csms, until
from support.shared_gateway import SharedGateway, mine, shared_gateway

PATIENCE_SECONDS = 30.0


@pytest.fixture(scope="module")
def csms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Csms]:
    """A CSMS that accepts everybody."""
    with running_csms(tmp_path_factory.mktemp("csms") / "csms.log") as started:
        yield started


@pytest.fixture(scope="module")
def gateway(request: pytest.FixtureRequest) -> SharedGateway:
    """``voltfleet serve``, with the token of a user of the module's own organization."""
    shared = shared_gateway()
    organization = mine(request.module.__name__.rpartition(".")[2].replace("_", "-"))
    return replace(shared, token=token_for(shared, organization))


@pytest.fixture(scope="module")
def client(gateway: SharedGateway) -> ocpplab.OcpplabSDK:
    """The public client, unmodified; without retries, so that a test sees every answer."""
    return ocpplab.OcpplabSDK(base_url=gateway.url, token=gateway.token)


@pytest.fixture
def location(client: ocpplab.OcpplabSDK) -> Iterator[ocpplab.LocationResponse]:
    """A location of the test's own; its chargers go with it."""
    created = client.locations.create(
        name="Paris La Défense Hub",
        address="1 Parvis de la Défense",
        city="Paris",
        country="FR",
        coordinates=ocpplab.Coordinates(latitude=48.8918, longitude=2.2380),
    )
    yield created
    chargers = client.location_chargers.list(created.id, limit=100).data
    if chargers:
        client.location_chargers.delete(created.id, charger_ids=[c.id for c in chargers])


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any]], Any]:
    """Polls as a user would, and gives up after `PATIENCE_SECONDS`."""
    return lambda condition: until(condition, seconds=PATIENCE_SECONDS)
