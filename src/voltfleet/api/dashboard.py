"""``/ui``: the dashboard's built files, for anybody; what they show, they ask the API for.

The files are made by ``make setup`` and lie in ``voltfleet/dashboard/static``. Links of the form
``/ui/#token=…`` sign in: what follows the ``#`` never reaches the gateway.
"""

import asyncio
import gzip
import mimetypes
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from voltfleet.domain.errors import NotFound

router = APIRouter(include_in_schema=False)

STATIC = Path(__file__).parents[1] / "dashboard" / "static"
INDEX = "index.html"
ASSETS = "assets/"
"""Below it, names have a hash of the content in them: another content is another name."""
SCHEMAS = "schemas/"
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
FOR_A_YEAR = "public, max-age=31536000, immutable"
FOR_A_DAY = "public, max-age=86400"
ASK_AGAIN = "no-cache"

_SCHEMA_FOLDERS = {"1.6": "v16", "2.0.1": "v201", "2.1": "v21"}
_SCHEMA_NAME = re.compile(r"[A-Za-z0-9]{1,80}")
_TEXT = frozenset({".html", ".js", ".css", ".svg", ".json", ".map", ".webmanifest", ".txt"})
_KEPT_FILES = 200


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    gzipped: bytes | None
    media_type: str
    tag: str


@router.get("/ui")
async def dashboard_without_slash() -> RedirectResponse:
    """To where the dashboard's relative links begin."""
    return RedirectResponse("/ui/")


@router.get("/ui/schemas/{version}/{name}.json")
async def ocpp_schema(request: Request, version: str, name: str) -> Response:
    """A JSON schema of the standard, by the action's name (``BootNotification``,
    ``BootNotificationResponse``), so that the dashboard can mark what a message breaks."""
    folder = _SCHEMA_FOLDERS.get(version)
    found = None
    if folder is not None and _SCHEMA_NAME.fullmatch(name):
        found = await asyncio.to_thread(_schema, folder, name)
    if found is None:
        raise NotFound("There is no such schema.", code="schema_not_found")
    return _answer(request, found, FOR_A_DAY)


@router.get("/ui/{path:path}")
async def dashboard(request: Request, path: str) -> Response:
    """A file of the dashboard; where there is none, the page itself, which knows its own paths:
    none of them lies where files do."""
    found = await asyncio.to_thread(_static, path)
    if found is not None:
        return _answer(request, found, FOR_A_YEAR if path.startswith(ASSETS) else ASK_AGAIN)
    if path.startswith((ASSETS, SCHEMAS)):
        raise NotFound("There is no such file.", code="file_not_found")
    page = await asyncio.to_thread(_static, INDEX)
    if page is None:
        raise NotFound(
            "The dashboard has not been built here; run `make setup`, then load this page again.",
            code="dashboard_not_built",
        )
    return _answer(request, page, ASK_AGAIN)


def _answer(request: Request, file: _File, keep: str) -> Response:
    headers = {**HEADERS, "Cache-Control": keep, "ETag": file.tag, "Vary": "Accept-Encoding"}
    if file.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    body = file.body
    if file.gzipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = file.gzipped, "gzip"
    return Response(body, media_type=file.media_type, headers=headers)


def _static(path: str) -> _File | None:
    """The file, if it is one and lies where they all lie."""
    root = STATIC.resolve()
    try:
        file = (root / path).resolve()
        if not file.is_relative_to(root) or not file.is_file():
            return None
        return _load(file, file.stat().st_mtime_ns)
    except (OSError, ValueError):  # a NUL, a name too long
        return None


def _schema(folder: str, name: str) -> _File | None:
    """Out of the ``ocpp`` wheel. OCPP 1.6 names a request's file by the bare action."""
    spec = find_spec("ocpp")
    if spec is None or not spec.submodule_search_locations:
        return None
    schemas = Path(spec.submodule_search_locations[0], folder, "schemas")
    for candidate in (schemas / f"{name}.json", schemas / f"{name}Request.json"):
        if candidate.is_file():
            return _load(candidate, 0)
    return None


@lru_cache(_KEPT_FILES)
def _load(file: Path, changed_ns: int) -> _File:
    body = file.read_bytes()
    packed = gzip.compress(body, mtime=0) if file.suffix in _TEXT else body
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    if file.suffix == ".js":
        media_type = "text/javascript"  # whatever this machine's tables say
    return _File(
        body,
        packed if len(packed) < len(body) else None,
        media_type,
        f'"{changed_ns:x}-{len(body):x}"',
    )
