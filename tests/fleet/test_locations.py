"""Locations in a real database."""

from typing import Any

import pytest

import builders
from builders import ACME, OTHER
from voltfleet.domain.errors import NotFound
from voltfleet.fleet import chargers, hosts, locations, provisioning
from voltfleet.storage.engine import Database

NOW = 1_800_000_000.0
NEW: dict[str, Any] = {
    "name": "Paris La Défense Hub",
    "address": "1 Parvis",
    "city": "Paris",
    "country": "FR",
    "latitude": 48.89,
    "longitude": 2.24,
}


def create(database: Database, tenant=ACME, now: float = NOW, **values: Any) -> locations.Location:
    with database.writing() as connection:
        return locations.create(connection, tenant, {**NEW, **values}, now)


def test_a_new_location_is_what_a_later_reading_finds(database: Database) -> None:
    made = create(database, timezone="Europe/Paris", owner_name="Volt", public=True)
    assert (made.status, made.created_at, made.updated_at) == ("active", NOW, NOW)
    with database.reading() as connection:
        assert locations.get(connection, ACME, made.id) == made


def test_what_is_left_out_has_a_default(database: Database) -> None:
    made = create(database)
    assert (made.timezone, made.owner_name, made.public) == (None, None, False)


def test_slugs_come_from_names_and_differ() -> None:
    first, second = (locations.new_slug("Paris La Défense Hub!") for _ in range(2))
    assert first.startswith("paris-la-defense-hub-")
    assert len(first) == len("paris-la-defense-hub-a1b2c3d4")
    assert first != second
    assert locations.new_slug("停车场").startswith("location-")
    assert len(locations.new_slug("x" * 500)) == 69


def test_pages_are_in_the_order_of_creation(database: Database) -> None:
    made = [create(database, now=NOW + n, name=f"L{n}") for n in range(5)]
    create(database, tenant=OTHER)
    with database.reading() as connection:
        assert locations.page(connection, ACME, offset=1, limit=2) == (made[1:3], 5)
        assert locations.page(connection, ACME, offset=10**15, limit=100) == ([], 5)


def test_an_update_changes_what_it_names(database: Database) -> None:
    made = create(database)
    with database.writing() as connection:
        after = locations.update(
            connection, ACME, made.id, {"name": "New", "public": True}, NOW + 9
        )
        same = locations.update(connection, ACME, made.id, {"name": "New"}, NOW + 99)
    assert (after.name, after.public, after.city) == ("New", True, "Paris")
    assert (after.slug, after.updated_at) == (made.slug, NOW + 9)
    assert same == after


def test_another_organizations_location_is_not_there(database: Database) -> None:
    made = create(database)
    with database.writing() as connection:
        for use in (
            lambda: locations.get(connection, OTHER, made.id),
            lambda: locations.update(connection, OTHER, made.id, {"name": "X"}, NOW),
            lambda: locations.delete(connection, OTHER, made.id, NOW),
        ):
            with pytest.raises(NotFound):
                use()
        assert locations.get(connection, ACME, made.id) == made


def test_a_deleted_location_takes_its_chargers_along(database: Database) -> None:
    made, kept = create(database), create(database)
    builders.connect_host(database, NOW)
    for location, prefix in ((made, "A"), (kept, "B")):
        request = builders.batch(2, prefix)
        job_id = builders.accept(database, request, location_id=location.id, now=NOW)
        with database.writing() as connection:
            provisioning.begin(connection, job_id, NOW)
            provisioning.register(connection, job_id, 2, NOW)
    builders.take_up(database, NOW)
    with database.writing() as connection:
        locations.delete(connection, ACME, made.id, NOW)
        with pytest.raises(NotFound):
            locations.delete(connection, ACME, made.id, NOW)
    with database.reading() as connection:
        left, total = chargers.page(connection, ACME, offset=0, limit=9)
        told = [c for c in hosts.changes(connection, "local-0", 9) if c.gone]
        assert [
            location.id for location in locations.page(connection, ACME, offset=0, limit=9)[0]
        ] == [kept.id]
    assert ({c.location_id for c in left}, total) == ({kept.id}, 2)
    assert len(told) == 2
