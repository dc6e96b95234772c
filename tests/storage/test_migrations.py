"""The migrations lead to the tables that the code knows."""

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from voltfleet.storage import migrate, schema, tables
from voltfleet.storage.engine import Database

OLD_CHARGER = {
    "id": "old",
    "organization_id": "acme",
    "identity": "CP1",
    "brand_slug": "wallbox",
    "model_slug": "wallbox-pulsar-plus",
    "connector_type": "Type2",
    "ocpp_version": "OCPP1.6",
    "ws_url": "ws://csms.example/ocpp",
    "seed": 1,
    "created_at": 1.0,
    "updated_at": 1.0,
    "position": 0,
    "provisioning": "READY",
    "attempt": 0,
    "next_attempt_at": 1.0,
    "generation": 1,
    "running": True,
    "synced": True,
    "connection_state": "online",
    "connection_since": 1.0,
    "connection_attempts": 0,
}


@pytest.mark.parametrize(
    ("line", "metadata"), [("main", tables.metadata), ("frames", tables.frames_metadata)]
)
def test_nothing_is_left_to_migrate(database_url: str, line: str, metadata: object) -> None:
    database = Database(database_url)
    migrate.upgrade(database, line)
    with database.reading() as connection:
        ours = MigrationContext.configure(
            connection,
            opts={
                "include_name": lambda name, kind, _: (
                    kind != "table" or name in metadata.tables  # type: ignore[attr-defined]
                )
            },
        )
        assert compare_metadata(ours, metadata) == []  # type: ignore[arg-type]
    database.close()


@pytest.mark.parametrize("line", ["main", "frames"])
def test_a_database_is_made_current_and_then_left_alone(
    database_url: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(database_url)
    schema.make_current(database, line)
    with database.reading() as connection:
        migrate.check_is_current(connection, line)
        (head,) = ScriptDirectory.from_config(migrate.config(connection, line)).get_heads()
    assert head == schema.NEWEST[line]

    monkeypatch.setattr(migrate, "upgrade", lambda *_: pytest.fail("it is current"))
    schema.make_current(database, line)
    database.close()


def test_chargers_of_before_security_profiles_have_none(database_url: str) -> None:
    database = Database(database_url)
    with database.writing() as connection:
        command.upgrade(migrate.config(connection, "main"), "20261124_station_memory")
        before = {c["name"] for c in sa.inspect(connection).get_columns("chargers")}
        assert "security_profile" not in before
        names = ", ".join(OLD_CHARGER)
        slots = ", ".join(f":{name}" for name in OLD_CHARGER)
        connection.execute(
            sa.text(f"INSERT INTO chargers ({names}) VALUES ({slots})"),  # noqa: S608 - constants
            OLD_CHARGER,
        )
    migrate.upgrade(database, "main")
    with database.reading() as connection:
        row = connection.execute(
            sa.select(tables.chargers.c.security_profile, tables.chargers.c.credentials_id)
        ).one()
    assert tuple(row) == (0, None)
    database.close()
