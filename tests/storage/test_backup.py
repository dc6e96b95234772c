"""A backup holds every row, on both databases and between them, and proves that it does."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

import builders
from support import postgres
from voltfleet.storage import backup, migrate
from voltfleet.storage.archive import ArchiveReader, ArchiveWriter, BadBackup
from voltfleet.storage.disk import created
from voltfleet.storage.engine import Database, frames_url

ODD_TEXT = 'Zoë\'s "depot"\n☃ \u2028 \x01'


@pytest.fixture
def other_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'other.db'}"
        return
    name = postgres.create_database()
    yield postgres.server().url(name)
    postgres.drop_database(name)


def opened(url: str) -> dict[str, Database]:
    """The database of each line of migrations."""
    main = Database(url)
    return {"main": main, "frames": Database(frames_url(url)) if main.is_sqlite else main}


def closed(databases: dict[str, Database]) -> None:
    for database in databases.values():
        database.close()


def value(column: sa.Column[object], row: int) -> object:
    """Something that another type or a careless reader would not give back."""
    if column.nullable and row == 0:
        return None
    if isinstance(column.type, sa.Boolean):
        return row % 2 == 1
    if isinstance(column.type, sa.Integer):
        return row + 1
    if isinstance(column.type, sa.Double):
        return 1_800_000_000.123456 + row / 3
    if isinstance(column.type, sa.LargeBinary):
        return bytes(range(256)) * (row + 1)
    return str(row) if column.primary_key or column.foreign_keys else f"{ODD_TEXT}{row}"


def fill(databases: dict[str, Database], rows: int = 3) -> dict[str, list[tuple[object, ...]]]:
    """Rows in every table; returns them."""
    for line, database in databases.items():
        migrate.upgrade(database, line)
        with database.writing() as connection:
            for table in backup.LINES[line].sorted_tables:
                made = [{c.name: value(c, n) for c in table.columns} for n in range(rows)]
                connection.execute(sa.insert(table), made)
    return read(databases)


def read(databases: dict[str, Database]) -> dict[str, list[tuple[object, ...]]]:
    found = {}
    for line, database in databases.items():
        with database.reading() as connection:
            for table in backup.LINES[line].sorted_tables:
                every = sa.select(table).order_by(*table.primary_key.columns)
                found[table.name] = [tuple(row) for row in connection.execute(every)]
    return found


def dump(databases: dict[str, Database], path: Path) -> None:
    with created(path) as file, ArchiveWriter(file) as writer:
        for line, database in databases.items():
            backup.dump(database, line, writer)
        writer.finish(voltfleet="9.9", made_at="now", database="x", schema=backup.revisions())


def load(databases: dict[str, Database], path: Path) -> None:
    with ArchiveReader(path) as reader:
        for line, database in databases.items():
            with database.writing() as connection:
                backup.load(connection, line, reader)


@pytest.mark.parametrize("other_url", ["sqlite", "postgres"], indirect=True)
def test_every_row_comes_back_on_either_database(
    database_url: str, other_url: str, tmp_path: Path
) -> None:
    source, target = opened(database_url), opened(other_url)
    before = fill(source)
    assert all(len(rows) == 3 for rows in before.values())
    dump(source, tmp_path / "backup")
    load(target, tmp_path / "backup")
    after = read(target)
    for name in sorted(backup.LEFT_OUT):
        assert before.pop(name)
        left = after.pop(name)
        # One line for whoever watches: everything may have changed.
        assert [row[2:] for row in left] == ([(None, None)] if name == "live_changes" else [])
    assert after == before
    closed(source)
    closed(target)


@pytest.mark.parametrize("other_url", ["sqlite", "postgres"], indirect=True)
def test_numbers_that_the_database_draws_go_on(
    database_url: str, other_url: str, tmp_path: Path
) -> None:
    source, target = opened(database_url), opened(other_url)
    fill(source)
    dump(source, tmp_path / "backup")
    load(target, tmp_path / "backup")
    for line, name, key in (("main", "commands", "seq"), ("frames", "ocpp_frames", "id")):
        table = backup.LINES[line].tables[name]
        row = {c.name: value(c, 7) for c in table.columns if c.name != key}
        with target[line].writing() as connection:
            drawn = connection.execute(sa.insert(table).returning(table.c[key]), row).scalar_one()
        assert drawn == 4
    closed(source)
    closed(target)


def test_a_backup_is_of_one_moment(database_url: str, tmp_path: Path) -> None:
    """What is committed while it is written is in it whole or not at all."""
    database = builders.open_database(database_url)
    with created(tmp_path / "backup") as file, ArchiveWriter(file) as writer:
        original, tables_seen = writer.add_table, []

        def slowly(name: str, columns: list[str], rows: Iterator[list[object]]) -> int:
            count = original(name, columns, rows)
            if not tables_seen:  # the first table is read: jobs, chargers and the rest are to come
                builders.carry_out(database, builders.accept(database, builders.batch(5)), 1.0)
            tables_seen.append(name)
            return count

        writer.add_table = slowly  # type: ignore[method-assign]
        assert backup.dump(database, "main", writer) == 0
    assert len(tables_seen) > 5
    assert len(read({"main": database})["chargers"]) == 5
    database.close()


def test_a_backup_of_an_older_schema_is_brought_to_this_one(
    database_url: str, tmp_path: Path
) -> None:
    columns = {"id": "c1", "organization_id": "acme", "identity": "CP1", "brand_slug": "b"}
    columns |= {"model_slug": "m", "connector_type": "Type2", "ocpp_version": "OCPP1.6"}
    columns |= {"ws_url": "ws://x", "seed": 1, "created_at": 1.0, "updated_at": 1.0}
    columns |= {"position": 0, "provisioning": "READY", "attempt": 0, "next_attempt_at": 1.0}
    columns |= {"generation": 1, "running": True, "synced": True, "connection_state": "online"}
    columns |= {"connection_since": 1.0, "connection_attempts": 0}
    path = tmp_path / "backup"
    with created(path) as file, ArchiveWriter(file) as writer:
        writer.add_table("main/chargers.jsonl", list(columns), iter([list(columns.values())]))
        schema = {"main": "20261122_main", "frames": "20261122_frames"}
        writer.finish(voltfleet="0.1.0", made_at="then", database="sqlite", schema=schema)
    database = Database(database_url)
    load({"main": database}, path)
    with database.reading() as connection:
        migrate.check_is_current(connection, "main")
        chargers = backup.LINES["main"].tables["chargers"]
        found = connection.execute(sa.select(chargers.c.identity, chargers.c.security_profile))
        assert found.all() == [("CP1", 0)]
    database.close()


def test_wiping_leaves_nothing_of_ours(database_url: str) -> None:
    database = Database(database_url)
    with database.writing() as connection:
        assert backup.is_empty(connection)
        connection.execute(sa.text("CREATE TABLE somebody_elses (id INTEGER)"))
    fill({"main": database})
    with database.writing() as connection:
        assert not backup.is_empty(connection)
        if not database.is_sqlite:
            backup.wipe(connection)
            assert backup.is_empty(connection)
            assert sa.inspect(connection).get_table_names() == ["somebody_elses"]
    database.close()


def test_a_database_of_another_version_is_not_backed_up(database_url: str, tmp_path: Path) -> None:
    database = Database(database_url)
    with database.writing() as connection:
        migrate.upgrade_connection(connection, "main", "20261122_main")
    with (tmp_path / "x").open("wb") as file, ArchiveWriter(file) as writer:
        with pytest.raises(migrate.WrongSchema, match="20261122_main"):
            backup.dump(database, "main", writer)
        with database.writing() as connection:
            connection.execute(sa.text("UPDATE schema_version_main SET version_num = '2099_x'"))
        with pytest.raises(migrate.WrongSchema, match="newer version of Voltfleet"):
            backup.dump(database, "main", writer)
    with pytest.raises(migrate.WrongSchema, match="newer version of Voltfleet"):
        migrate.upgrade(database, "main")
    database.close()


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """A backup with one job in it."""
    database = builders.open_database(f"sqlite:///{tmp_path / 'sound.db'}")
    builders.accept(database, builders.batch(50))
    dump({"main": database}, tmp_path / "sound")
    database.close()
    return tmp_path / "sound"


def test_a_changed_byte_of_any_member_is_noticed(sound: Path) -> None:
    whole = sound.read_bytes()
    ArchiveReader(sound).__exit__()
    with zipfile.ZipFile(sound) as file:
        members = file.infolist()
    for member in members:
        header = whole[member.header_offset :][:30]  # its last two numbers: name and extra field
        lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        at = member.header_offset + 30 + lengths + member.compress_size // 2
        sound.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        with pytest.raises(BadBackup):
            ArchiveReader(sound)


def test_a_file_cut_short_is_noticed(sound: Path) -> None:
    whole = sound.read_bytes()
    for size in (0, 1, len(whole) // 2, len(whole) - 1):
        sound.write_bytes(whole[:size])
        with pytest.raises(BadBackup):
            ArchiveReader(sound)


def test_a_table_exchanged_for_another_is_noticed(sound: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(sound) as old, zipfile.ZipFile(tmp_path / "new", "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"Utrecht", b"Arnhem!"))
    with pytest.raises(BadBackup, match="not what was written"):
        ArchiveReader(tmp_path / "new")


def test_what_is_newer_or_no_backup_is_refused(sound: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(sound) as old:
        manifest = json.loads(old.read("manifest.json"))
    for said, why in (
        (manifest | {"format": 2}, "made by a newer Voltfleet"),
        ({"hello": 1}, "not a backup"),
    ):
        with zipfile.ZipFile(tmp_path / "odd", "w") as new:
            new.writestr("manifest.json", json.dumps(said))
        with pytest.raises(BadBackup, match=why):
            ArchiveReader(tmp_path / "odd")
    with zipfile.ZipFile(tmp_path / "odd", "w") as new:
        new.writestr("holiday.jpg", b"")
    with pytest.raises(BadBackup, match="not a backup"):
        ArchiveReader(tmp_path / "odd")
    with pytest.raises(BadBackup, match="No such file"):
        ArchiveReader(tmp_path / "nowhere")


def test_a_schema_of_the_future_is_refused(tmp_path: Path) -> None:
    with created(tmp_path / "backup") as file, ArchiveWriter(file) as writer:
        writer.finish(voltfleet="7.0", made_at="", database="x", schema={"main": "2099_x"})
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    with pytest.raises(BadBackup, match=r"Voltfleet 7\.0 or newer"):
        load({"main": database}, tmp_path / "backup")
    database.close()


def test_half_a_file_is_never_there(tmp_path: Path) -> None:
    def interrupted() -> None:
        with created(tmp_path / "backup") as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []
    with created(tmp_path / "backup") as file:
        file.write(b"whole")
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError), created(tmp_path / "backup"):
        pass
    assert (tmp_path / "backup").read_bytes() == b"whole"
