"""Who a token's bearer is, as the gateway sees it."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from voltfleet.api import deps
from voltfleet.api.charger_models import moment
from voltfleet.api.models import errors
from voltfleet.auth.principal import Role

router: APIRouter = deps.router("", "Service")

_LAST_MOMENT = 253_402_300_799.0
"""The end of the year 9999: no date is later."""


class MeResponse(BaseModel):
    """What the token says."""

    subject: str
    role: Role
    organization_id: str | None = Field(description="Null for an admin, who names one.")
    expires_at: datetime = Field(description="From then on the token is refused.")


@router.get("/me", responses=errors())
async def get_me(who: deps.CurrentPrincipal) -> MeResponse:
    """Whose token this is, what it may do, and until when."""
    return MeResponse(
        subject=who.subject,
        role=who.role,
        organization_id=who.organization_id,
        expires_at=moment(min(who.expires_at, _LAST_MOMENT)),
    )
