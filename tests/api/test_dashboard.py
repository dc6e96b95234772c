"""The dashboard's files: found, cached, fenced in; and the schemas beside them."""

import gzip
import json
from pathlib import Path

import httpx2
import pytest

from support.callers import Api
from voltfleet.api import dashboard

PAGE = "<!doctype html><title>Voltfleet</title>"
CODE = "export const words = 'many of them '.repeat(100);\n" * 40


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built dashboard, and a file beside it that nobody may have."""
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text(PAGE)
    (static / "assets" / "index-abc123.js").write_text(CODE)
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setattr(dashboard, "STATIC", static)
    return static


async def get(api: Api, path: str, **headers: str) -> httpx2.Response:
    async with api.as_("anonymous", **headers) as client:
        return await client.get(path)


async def test_the_page_is_asked_for_anew_each_time(api: Api, built: Path) -> None:
    answer = await get(api, "/ui/")
    assert (answer.status_code, answer.text) == (200, PAGE)
    assert answer.headers["cache-control"] == "no-cache"
    again = await get(api, "/ui/", **{"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    (built / "index.html").write_text(PAGE + "<p>Newer")
    assert (await get(api, "/ui/")).text == PAGE + "<p>Newer"


async def test_an_address_within_the_dashboard_is_the_page(api: Api, built: Path) -> None:
    for path in ("/ui/fleet", "/ui/chargers/x.y/messages", "/ui/index.html"):
        answer = await get(api, path)
        assert (answer.status_code, answer.text) == (200, PAGE), path
    moved = await get(api, "/ui")
    assert (moved.status_code, moved.headers["location"]) == (307, "/ui/")


async def test_an_asset_is_kept_for_a_year_and_sent_small(api: Api, built: Path) -> None:
    answer = await get(api, "/ui/assets/index-abc123.js")
    assert answer.text == CODE
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(gzip.compress(CODE.encode(), mtime=0))
    plain = await get(api, "/ui/assets/index-abc123.js", **{"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == CODE
    gone = await get(api, "/ui/assets/index-older.js")
    assert (gone.status_code, gone.json()["code"]) == (404, "file_not_found")


async def test_nothing_foreign_runs_in_the_page(api: Api, built: Path) -> None:
    for path in ("/ui/", "/ui/assets/index-abc123.js"):
        headers = (await get(api, path)).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'self';")
        assert "unsafe" not in policy
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    "path",
    [
        "/ui/../secret.txt",
        "/ui/%2e%2e/secret.txt",
        "/ui/assets/..%2f..%2fsecret.txt",
        "/ui//etc/passwd",
        "/ui/%00",
        "/ui/" + "x" * 5_000,
    ],
)
async def test_no_file_from_elsewhere(api: Api, built: Path, path: str) -> None:
    answer = await get(api, path)
    assert answer.status_code in (200, 404)
    assert "secret" not in answer.text
    assert answer.status_code == 404 or answer.text == PAGE


async def test_what_was_not_built_says_how(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard, "STATIC", tmp_path / "none")
    answer = await get(api, "/ui/")
    assert (answer.status_code, answer.json()["code"]) == (404, "dashboard_not_built")
    assert "make setup" in answer.json()["detail"]


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_the_schemas_by_the_names_of_the_actions(api: Api, version: str) -> None:
    for name in ("BootNotification", "BootNotificationResponse"):
        answer = await get(api, f"/ui/schemas/{version}/{name}.json")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        properties = json.loads(answer.text)["properties"]
        assert ("currentTime" in properties) == name.endswith("Response")
    for name in ("Nonsense", "..%2Fx", "BootNotification%00"):
        assert (await get(api, f"/ui/schemas/{version}/{name}.json")).status_code == 404
    assert (await get(api, "/ui/schemas/3.0/BootNotification.json")).status_code == 404
