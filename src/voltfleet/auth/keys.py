"""Voltfleet's own signing key: an Ed25519 key pair in a file that only its owner may read.

The file is a JWK set. The first key signs; every key verifies, so a key is replaced by putting a
new one in front and dropping the old one when its last token has expired. Gateways that share a
database share this file.
"""

import json
import os
import tempfile
from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from voltfleet.domain.errors import VoltfleetError

FILE_NAME = "signing-keys.json"


class KeyFileError(VoltfleetError):
    """The signing key file cannot be used."""

    code = "unusable_key_file"


class LocalKeys:
    """The keys of one file. Read at start; a changed file counts after a restart."""

    def __init__(self, keys: KeySet) -> None:
        self.signing_key = keys.keys[0]
        self._by_kid = {key.kid: key for key in keys}

    def __contains__(self, kid: object) -> bool:
        return kid in self._by_kid

    async def find(self, kid: str | None) -> OKPKey | None:
        """The key of that id."""
        key = self._by_kid.get(kid)
        return key if isinstance(key, OKPKey) else None


def load_or_create(directory: Path) -> LocalKeys:
    """The keys in the directory; made there at the first start, once, however many start at once.

    Raises `KeyFileError` if the file is there and is not a set of Ed25519 private keys.
    """
    path = directory / FILE_NAME
    if not path.exists():
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _create(path)
    return LocalKeys(_load(path))


def _create(path: Path) -> None:
    key = OKPKey.generate_key("Ed25519", auto_kid=True)
    text = json.dumps({"keys": [key.as_dict(private=True)]}, indent=2)
    handle, temporary = tempfile.mkstemp(dir=path.parent)  # its mode is 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # A link, not a rename: of two processes that start together, the first one's key stays.
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        Path(temporary).unlink()


def _load(path: Path) -> KeySet:
    if path.stat().st_mode & 0o077:
        raise KeyFileError(f"Others may read {path}; run: chmod 600 {path}")
    try:
        keys = KeySet.import_key_set(json.loads(path.read_text(encoding="utf-8")))
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise KeyFileError(
            f"{path} is not a JWK set; restore it from a backup, or delete it to make a new key "
            "(every token issued so far then stops working)."
        ) from error
    if not all(isinstance(k, OKPKey) and k.is_private for k in keys):
        raise KeyFileError(f"{path} holds something else than Ed25519 private keys.")
    return keys
