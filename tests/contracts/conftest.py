"""A gateway and a CSMS, as real processes, and the public client pointed at them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ocpplab
import pytest

from support.processes import Csms, Gateway, running_csms, running_gateway, until

PATIENCE_SECONDS = 30.0


@pytest.fixture(scope="module")
def csms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Csms]:
    """A CSMS that accepts everybody."""
    with running_csms(tmp_path_factory.mktemp("csms") / "csms.log") as started:
        yield started


@pytest.fixture(scope="module")
def data_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the gateway of these tests keeps its data."""
    return tmp_path_factory.mktemp("gateway") / "data"


@pytest.fixture(scope="module")
def gateway(data_directory: Path) -> Iterator[Gateway]:
    """``voltfleet serve``, with one token that a user would have."""
    with running_gateway(data_directory) as started:
        yield started


@pytest.fixture(scope="module")
def client(gateway: Gateway) -> ocpplab.OcpplabSDK:
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
