"""The signing key's file."""

import json
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.clock import FakeClock
from voltfleet.auth import keys


def test_the_first_start_makes_a_key_that_only_its_owner_reads(tmp_path: Path) -> None:
    made = keys.load_or_create(tmp_path / "new" / "keys")
    path = tmp_path / "new" / "keys" / keys.FILE_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == [keys.FILE_NAME]
    again = keys.load_or_create(tmp_path / "new" / "keys")
    assert again.signing_key.kid == made.signing_key.kid
    assert made.signing_key.kid in again


def test_processes_that_start_together_end_with_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: keys.load_or_create(tmp_path), range(16)))
    assert len({k.signing_key.kid for k in made}) == 1


async def test_every_key_verifies_and_the_first_signs(tmp_path: Path) -> None:
    old = keys.load_or_create(tmp_path / "old").signing_key
    new = keys.load_or_create(tmp_path / "new").signing_key
    path = tmp_path / "new" / keys.FILE_NAME
    entries = [new.as_dict(private=True), old.as_dict(private=True)]
    path.write_text(json.dumps({"keys": entries}))
    both = keys.load_or_create(tmp_path / "new")
    assert both.signing_key.kid == new.kid
    found = await both.find(old.kid)
    assert found is not None
    assert found.kid == old.kid
    assert await both.find("other") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "{}",
        '{"keys": []}',
        '{"keys": [{"kty": "OKP"}]}',
        '{"keys": [{"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}]}',
        f'{{"keys": [{{"kty": "OKP", "crv": "Ed25519", "x": "{"q" * 43}"}}]}}',
    ],
)
def test_a_file_that_is_no_key_is_refused_with_a_remedy(tmp_path: Path, text: str) -> None:
    path = tmp_path / keys.FILE_NAME
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(keys.KeyFileError, match=keys.FILE_NAME):
        keys.load_or_create(tmp_path)
    assert path.read_text() == text


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    keys.load_or_create(tmp_path)
    (tmp_path / keys.FILE_NAME).chmod(0o640)
    with pytest.raises(keys.KeyFileError, match="chmod 600"):
        keys.load_or_create(tmp_path)


async def test_a_rotated_key_signs_and_the_old_one_goes_on_verifying(
    tmp_path: Path, clock: FakeClock
) -> None:
    old = keys.load_or_create(tmp_path).signing_key
    running = keys.LocalKeys(tmp_path / keys.FILE_NAME, clock)
    new = keys.rotate(tmp_path).signing_key
    assert stat.S_IMODE((tmp_path / keys.FILE_NAME).stat().st_mode) == 0o600
    assert len(list(tmp_path.glob("*"))) == 1  # noqa: ASYNC240 - a test
    assert running.signing_key.kid == old.kid
    clock.advance(keys.LOOK_AGAIN_SECONDS)
    assert running.signing_key.kid == new.kid
    assert old.kid in running
    assert [key["kid"] for key in running.public] == [new.kid, old.kid]
    assert not [key for key in running.public if "d" in key]


async def test_a_retired_key_verifies_no_more(tmp_path: Path, clock: FakeClock) -> None:
    old = keys.load_or_create(tmp_path).signing_key
    running = keys.LocalKeys(tmp_path / keys.FILE_NAME, clock)
    with pytest.raises(keys.KeyFileError, match="rotate first"):
        keys.retire(tmp_path, str(old.kid))
    keys.rotate(tmp_path)
    keys.retire(tmp_path, str(old.kid))
    clock.advance(keys.LOOK_AGAIN_SECONDS)
    assert await running.find(old.kid) is None
    assert len(running.public) == 1


def test_rotations_at_once_lose_no_key(tmp_path: Path) -> None:
    keys.load_or_create(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: keys.rotate(tmp_path), range(16)))
    assert len(keys.load_or_create(tmp_path).public) == 17


def test_a_file_that_has_become_unusable_changes_nothing(tmp_path: Path, clock: FakeClock) -> None:
    running = keys.load_or_create(tmp_path)
    running = keys.LocalKeys(tmp_path / keys.FILE_NAME, clock)
    before = running.public
    spoils: list[Callable[[Path], object]] = [
        lambda path: path.write_text("no json"),
        lambda path: path.chmod(0o644),
        Path.unlink,
    ]
    for spoil in spoils:
        spoil(tmp_path / keys.FILE_NAME)
        clock.advance(keys.LOOK_AGAIN_SECONDS)
        assert running.public == before
