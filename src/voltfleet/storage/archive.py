"""The file that a backup is: a zip archive that says what is in it, and proves it.

Its members are tables (lines of JSON; the first line names the columns) and small files. The last,
``manifest.json``, has the SHA-256 of every other, so that a file that was cut short or changed on
the way is refused before anything is done with it. Python's, and everybody's, zip opens it too.
"""

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Self

import msgspec

from voltfleet.domain.errors import VoltfleetError

FORMAT = 1
"""Raised when a version that knows only the format before could not read it."""
MANIFEST = "manifest.json"
_PIECE = 1 << 20
_QUICKLY = 1
"""zlib's level: twice as fast as its usual one, for a tenth more bytes."""


class BadBackup(VoltfleetError):
    """The file is not a backup that this version can restore."""

    code = "bad_backup"


class Member(msgspec.Struct, frozen=True):
    """One member of the archive; ``rows`` only of a table."""

    sha256: str
    size: int
    rows: int | None = None


class Manifest(msgspec.Struct, frozen=True):
    """What is in the archive. ``schema`` is the revision of each line of migrations."""

    format: int
    voltfleet: str
    made_at: str
    database: str
    schema: dict[str, str]
    members: dict[str, Member]


class ArchiveWriter:
    """Writes members one after another, then the manifest. Use as a context manager."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(
            file, "w", zipfile.ZIP_DEFLATED, allowZip64=True, compresslevel=_QUICKLY
        )
        self._members: dict[str, Member] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._zip.close()

    def add_table(self, name: str, columns: list[str], rows: Iterator[list[object]]) -> int:
        """Writes the rows, as they come; returns how many there were."""
        count = 0
        with self._sink(name) as sink:
            sink.write(msgspec.json.encode(columns) + b"\n")
            for count, row in enumerate(rows, start=1):  # noqa: B007 - the last one is the count
                sink.write(msgspec.json.encode(row) + b"\n")
        self._members[name] = Member(sink.digest.hexdigest(), sink.size, count)
        return count

    def add_file(self, name: str, content: bytes) -> None:
        """Writes a small file."""
        with self._sink(name) as sink:
            sink.write(content)
        self._members[name] = Member(sink.digest.hexdigest(), sink.size)

    def finish(
        self, *, voltfleet: str, made_at: str, database: str, schema: dict[str, str]
    ) -> None:
        """Writes the manifest; only now is it a backup."""
        manifest = Manifest(FORMAT, voltfleet, made_at, database, schema, self._members)
        self._zip.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))

    @contextmanager
    def _sink(self, name: str) -> Iterator["_Sink"]:
        with self._zip.open(name, "w", force_zip64=True) as file:
            yield _Sink(file)


class _Sink:
    """Counts and digests what it passes on."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self.digest.update(data)
        self.size += len(data)


class ArchiveReader:
    """A backup that has been opened and found whole. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        """Raises `BadBackup` when any byte of it is not what was written, or it is newer than
        this version."""
        try:
            self._zip = zipfile.ZipFile(path)
        except OSError as error:
            raise BadBackup(f"Cannot read {path}: {error.strerror}.") from error
        except zipfile.BadZipFile as error:
            raise BadBackup(
                f"{path} is not a backup of Voltfleet, or not all of it: {error}."
            ) from error
        try:
            self.manifest = self._read_manifest(path)
            self._verify(path)
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._zip.close()

    def names(self, folder: str) -> list[str]:
        """The members under ``folder``, in the order in which they were written."""
        return [name for name in self.manifest.members if name.startswith(f"{folder}/")]

    def file(self, name: str) -> bytes:
        """A small file."""
        return self._zip.read(name)

    def table(self, name: str) -> tuple[list[str], Iterator[list[object]]]:
        """The columns, and the rows as they are read."""
        lines = self._lines(name)
        columns = msgspec.json.decode(next(lines), type=list[str])
        row = msgspec.json.Decoder(list[object])
        return columns, (row.decode(line) for line in lines)

    def _lines(self, name: str) -> Iterator[bytes]:
        with self._zip.open(name) as file:
            yield from file

    def _read_manifest(self, path: Path) -> Manifest:
        try:
            said = msgspec.json.decode(self._zip.read(MANIFEST), type=dict[str, object])
            version = said.get("format")
            if isinstance(version, int) and version > FORMAT:
                raise BadBackup(
                    f"{path} was made by a newer Voltfleet ({said.get('voltfleet')}); restore it "
                    "with that version or a newer one."
                )
            return msgspec.convert(said, Manifest)
        except (KeyError, msgspec.MsgspecError, zipfile.BadZipFile, zlib.error) as error:
            raise BadBackup(f"{path} is not a backup of Voltfleet.") from error

    def _verify(self, path: Path) -> None:
        for name, member in self.manifest.members.items():
            try:
                digest, size = self._digest(name)
            except (KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
                raise BadBackup(f"{path} is damaged: {name} cannot be read.") from error
            if (digest, size) != (member.sha256, member.size):
                raise BadBackup(f"{path} is damaged: {name} is not what was written.")

    def _digest(self, name: str) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        with self._zip.open(name) as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
                size += len(piece)
        return digest.hexdigest(), size
