"""The public client stands up many chargers at once, and asks who may."""

import asyncio
from collections.abc import Callable
from typing import Any

import ocpplab
import pytest
from ocpplab.errors import (
    ForbiddenError,
    NotFoundError,
    UnauthorizedError,
    UnprocessableEntityError,
)

from support.processes import Csms
from support.shared_gateway import SharedGateway

NOWHERE = "4090477f-a416-4515-a302-97aa344a0a2a"
Eventually = Callable[[Callable[[], Any]], Any]


def group(csms: Csms, **more: Any) -> ocpplab.ChargerGroup:
    """A group of Terra 184s."""
    template = ocpplab.ChargerTemplate(
        brand_slug="abb",
        model_slug="terra-184",
        connector_type="CCS2",
        ocpp_version="OCPP2.0.1",
        ws_url=csms.ws_url,
        identity_prefix="BULK-",
        template_name="Bay ",
    )
    return ocpplab.ChargerGroup(template=template, **more)


@pytest.fixture
def finished(client: ocpplab.OcpplabSDK, eventually: Eventually) -> Callable[[str, str], Any]:
    """Waits for a job of a location to be over, and returns it."""

    def wait(location_id: str, job_id: str) -> Any:
        def over() -> ocpplab.LocationChargerBulkStatusResponse | None:
            job = client.location_chargers.get_bulk_job(location_id, job_id)
            return job if job.status in ("READY", "FAILED") else None

        return eventually(over)

    return wait


def test_a_batch_is_created_listed_changed_and_deleted(
    client: ocpplab.OcpplabSDK,
    csms: Csms,
    location: ocpplab.LocationResponse,
    finished: Callable[[str, str], Any],
) -> None:
    accepted = client.location_chargers.create(
        location.id, request=[group(csms, charger_ids=["001", "002"], chargers_number=5)]
    )
    assert accepted.status in ("PENDING", "PROVISIONING")
    job_url = f"/ocpp/locations/{location.id}/chargers/jobs/{accepted.job_id}"
    assert accepted.status_url == job_url

    job = finished(location.id, accepted.job_id)
    assert job.status == "READY"
    assert job.error is None
    assert job.provisioned_at is not None
    assert (job.results["created_count"], job.results["failed_count"]) == (5, 0)
    identities = {made["identity"] for made in job.results["created"]}
    assert {"BULK-001", "BULK-002"} < identities

    listed = client.location_chargers.list(location.id)
    assert {c.identity for c in listed.data} == identities
    assert {c.name for c in listed.data} > {"Bay 001", "Bay 002"}
    ids = [c.id for c in listed.data]
    some = client.location_chargers.list(location.id, charger_ids=ids[:2])
    assert {c.id for c in some.data} == set(ids[:2])

    changed = client.location_chargers.update(
        location.id,
        chargers=[
            ocpplab.UpdateLocationChargerItem(charger_id=ids[0], name="North"),
            ocpplab.UpdateLocationChargerItem(charger_id=NOWHERE, name="South"),
        ],
    )
    assert (changed.updated_count, changed.failed_count) == (1, 1)
    assert [c.name for c in changed.updated] == ["North"]
    assert [f.charger_id for f in changed.failed] == [NOWHERE]

    gone = client.location_chargers.delete(location.id, charger_ids=[*ids[:2], NOWHERE])
    assert set(gone.deleted) == set(ids[:2])
    assert (gone.deleted_count, gone.failed_count) == (2, 1)
    assert client.location_chargers.list(location.id).total == 3


def test_an_identity_that_exists_fails_alone(
    client: ocpplab.OcpplabSDK,
    csms: Csms,
    location: ocpplab.LocationResponse,
    finished: Callable[[str, str], Any],
) -> None:
    for ids in (["X1"], ["X1", "X2"]):
        accepted = client.location_chargers.create(
            location.id, request=[group(csms, charger_ids=ids)]
        )
        job = finished(location.id, accepted.job_id)
    assert job.status == "READY"
    assert [made["identity"] for made in job.results["created"]] == ["BULK-X2"]
    assert [missed["identity"] for missed in job.results["failed"]] == ["BULK-X1"]
    assert job.results["failed"][0]["error"]


def test_a_batch_that_cannot_be_is_refused_whole(
    client: ocpplab.OcpplabSDK, csms: Csms, location: ocpplab.LocationResponse
) -> None:
    for groups in (
        [group(csms, charger_ids=["1", "1"])],
        [group(csms, charger_ids=["1"]), group(csms, charger_ids=["1"])],
        [group(csms)],
        [],
        [group(csms, chargers_number=20_001)],
    ):
        with pytest.raises(UnprocessableEntityError):
            client.location_chargers.create(location.id, request=groups)
    assert client.location_chargers.list(location.id).total == 0


def test_other_places_are_not_found(
    client: ocpplab.OcpplabSDK, csms: Csms, location: ocpplab.LocationResponse
) -> None:
    with pytest.raises(NotFoundError):
        client.location_chargers.create(NOWHERE, request=[group(csms, chargers_number=1)])
    with pytest.raises(NotFoundError):
        client.location_chargers.list(NOWHERE)
    with pytest.raises(NotFoundError):
        client.location_chargers.get_bulk_job(location.id, NOWHERE)


def test_who_may_not_is_told_so(gateway: SharedGateway) -> None:
    for token in ("nonsense", gateway.token[:-8] + "AAAAAAAA"):
        stranger = ocpplab.OcpplabSDK(base_url=gateway.url, token=token)
        with pytest.raises(UnauthorizedError) as answer:
            stranger.locations.list()
        assert answer.value.body.detail
    elsewhere = ocpplab.OcpplabSDK(
        base_url=gateway.url, token=gateway.token, organization_id=NOWHERE
    )
    with pytest.raises(ForbiddenError):
        elsewhere.locations.list()


def test_the_async_client_does_the_same(gateway: SharedGateway, csms: Csms) -> None:
    async def story() -> tuple[str | None, Any]:
        client = ocpplab.AsyncOcpplabSDK(base_url=gateway.url, token=gateway.token)
        location = await client.locations.create(
            name="Async",
            address="1 Loop Street",
            city="Oslo",
            country="NO",
            coordinates=ocpplab.Coordinates(latitude=59.9, longitude=10.7),
        )
        accepted = await client.location_chargers.create(
            location.id, request=[group(csms, chargers_number=3)]
        )
        while True:
            job = await client.location_chargers.get_bulk_job(location.id, accepted.job_id)
            if job.status in ("READY", "FAILED"):
                return job.status, job.results
            await asyncio.sleep(0.1)

    status, results = asyncio.run(asyncio.wait_for(story(), 30))
    assert status == "READY"
    assert results["created_count"] == 3
