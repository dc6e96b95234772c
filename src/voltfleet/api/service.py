"""The service itself: a page for people, and two answers for whatever watches it."""

from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Response, status
from fastapi.responses import HTMLResponse

from voltfleet.api import deps
from voltfleet.api.models import HttpErrorResponse, only_errors

router = APIRouter(tags=["Service"])

VERSION = version("voltfleet")
_CRASH = only_errors(500)
_PAGE = f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Voltfleet</title>
<style>
body {{ font: 1rem/1.6 system-ui, sans-serif; max-width: 36rem; margin: 4rem auto }}
code {{ font-size: .9em }}
@media (prefers-color-scheme: dark) {{
  body {{ background: #111; color: #ddd }}
  a {{ color: #7bf }}
}}
</style>
</head>
<body>
<h1>Voltfleet</h1>
<p>Stands up fleets of simulated EV chargers against your CSMS. Version {VERSION}.</p>
<ul>
<li><a href="/ui/">Dashboard</a>: the fleet, live</li>
<li><a href="/docs">API documentation</a>, to read and to try</li>
<li><a href="/openapi.json">OpenAPI schema</a></li>
<li><a href="/health">Health</a> and <a href="/health/ready">readiness</a></li>
</ul>
<p>Every other route needs a token: <code>voltfleet token create</code></p>
</body>
</html>
"""


class NotReadyResponse(HttpErrorResponse):
    """Why the gateway cannot do its work just now."""

    reasons: dict[str, str]


@router.get("/", response_class=HTMLResponse, responses=_CRASH)
async def landing_page() -> HTMLResponse:
    """The page that links everything else."""
    return HTMLResponse(_PAGE)


@router.get("/.well-known/jwks.json", include_in_schema=False)
async def signing_keys(services: deps.CurrentServices) -> dict[str, Any]:
    """The public keys of this gateway's own tokens, for whoever wants to verify them elsewhere."""
    return {"keys": services.authenticator.public_keys}


@router.get("/health", responses=_CRASH)
async def health_check() -> dict[str, str]:
    """Whether the gateway is alive: it answers. Looks at nothing else; for that, see
    `/health/ready`."""
    return {"status": "ok", "service": "voltfleet", "version": VERSION}


@router.get(
    "/health/ready",
    responses={503: {"model": NotReadyResponse, "description": "Not ready, and why"}, **_CRASH},
)
async def readiness_check(services: deps.CurrentServices, response: Response) -> dict[str, object]:
    """Whether the gateway can do its work: its database answers, its workflows run, and a host is
    connected that can take chargers."""
    reasons = dict(await services.readiness())
    if not reasons:
        return {"status": "ready"}
    response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    detail = "; ".join(f"{part}: {reason}" for part, reason in sorted(reasons.items()))
    return {"detail": detail, "code": "not_ready", "reasons": reasons}
