"""Voltfleet's own signing key: an Ed25519 key pair in a file that only its owner may read.

The file is a JWK set. The first key signs; every key verifies, so a key is replaced (`rotate`) by
putting a new one in front, and the old one is dropped (`retire`) when its last token has expired.
Gateways that share a database share this file; each looks at it again, so none need be restarted.
"""

import fcntl
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from voltfleet.domain.errors import VoltfleetError
from voltfleet.storage.disk import sync_directory

FILE_NAME = "signing-keys.json"
LOOK_AGAIN_SECONDS = 1.0
"""A changed file counts within that time."""

log = structlog.get_logger(__name__)


class KeyFileError(VoltfleetError):
    """The signing key file cannot be used."""

    code = "unusable_key_file"


class LocalKeys:
    """The keys of one file, as it is now or was `LOOK_AGAIN_SECONDS` ago. Raises `KeyFileError`
    when it is made from a file that cannot be used; one that becomes so later is not taken."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._version = _version(path)
        self._looked_at = clock()
        self._keys = _load(path)

    @property
    def signing_key(self) -> OKPKey:
        """The newest."""
        return self._current()[0]

    @property
    def public(self) -> list[dict[str, Any]]:
        """The public halves, as JWKs, the newest first."""
        return [
            {**key.as_dict(private=False), "use": "sig", "alg": "Ed25519"}
            for key in self._current()
        ]

    def __contains__(self, kid: object) -> bool:
        return any(key.kid == kid for key in self._current())

    async def find(self, kid: str | None) -> OKPKey | None:
        """The key of that id."""
        return next((key for key in self._current() if key.kid == kid), None)

    def _current(self) -> list[OKPKey]:
        now = self._clock()
        if now - self._looked_at >= LOOK_AGAIN_SECONDS:
            self._looked_at = now
            try:
                self._look_again()
            except (OSError, KeyFileError) as error:
                # What was read before goes on working until somebody has mended it.
                log.warning("keys.unusable", path=str(self._path), error=str(error))
        return self._keys

    def _look_again(self) -> None:
        version = _version(self._path)
        if version != self._version:
            self._keys = _load(self._path)
            self._version = version
            log.info("keys.reloaded", keys=[key.kid for key in self._keys])


def load_or_create(directory: Path) -> LocalKeys:
    """The keys in the directory; made there at the first start, once, however many start at once.

    Raises `KeyFileError` if the file is there and is not a set of Ed25519 private keys.
    """
    path = directory / FILE_NAME
    if not path.exists():
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _create(path)
    return LocalKeys(path)


def rotate(directory: Path) -> LocalKeys:
    """Puts a new key in front: it signs from now on, the others go on verifying."""
    path = directory / FILE_NAME
    load_or_create(directory)
    with _changing(path):
        _replace(path, [_new_key(), *_load(path)])
    return LocalKeys(path)


def retire(directory: Path, kid: str) -> LocalKeys:
    """Drops a key: the tokens that it signed stop working. Raises `KeyFileError` for the key that
    signs, and for one that is not there."""
    path = directory / FILE_NAME
    with _changing(path):
        kept = _load(path)
        if kid not in {key.kid for key in kept[1:]}:
            raise KeyFileError(f"{path} has no key {kid!r} that has been replaced; rotate first.")
        _replace(path, [key for key in kept if key.kid != kid])
    return LocalKeys(path)


def _new_key() -> OKPKey:
    return OKPKey.generate_key("Ed25519", auto_kid=True)


def _version(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_mode


@contextmanager
def _changing(path: Path) -> Iterator[None]:
    """One at a time: of two rotations at once, neither loses the other's key."""
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


def _create(path: Path) -> None:
    temporary = _written(path, [_new_key()])
    try:
        # A link, not a rename: of two processes that start together, the first one's key stays.
        os.link(temporary, path)
        for directory in path.parents[:2]:  # both may be new
            sync_directory(directory)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()


def _replace(path: Path, keys: list[OKPKey]) -> None:
    _written(path, keys).replace(path)
    sync_directory(path.parent)


def _written(path: Path, keys: list[OKPKey]) -> Path:
    """A file beside it, on disk, that only its owner may read."""
    text = json.dumps({"keys": [key.as_dict(private=True) for key in keys]}, indent=2)
    handle, temporary = tempfile.mkstemp(dir=path.parent)  # its mode is 0600
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return Path(temporary)


def _load(path: Path) -> list[OKPKey]:
    if path.stat().st_mode & 0o077:
        raise KeyFileError(f"Others may read {path}; run: chmod 600 {path}")
    try:
        keys = KeySet.import_key_set(json.loads(path.read_text(encoding="utf-8")))
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise KeyFileError(
            f"{path} is not a JWK set; restore it from a backup, or delete it to make a new key "
            "(every token issued so far then stops working)."
        ) from error
    found = [key for key in keys if isinstance(key, OKPKey) and key.is_private]
    if not found or len(found) < len(keys.keys):
        raise KeyFileError(f"{path} holds something else than Ed25519 private keys.")
    return found
