"""A charger's message log by the ids of its frames: back from the live edge, page by page."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, Field

from voltfleet.api import deps
from voltfleet.api.charger_models import Slug, moment
from voltfleet.api.models import errors
from voltfleet.fleet import chargers, frame_log

router = deps.router("/ocpp/chargers", "Chargers")

MOST = 500
_LAST_ID = 2**53
_DIRECTIONS = {"cp_to_csms": True, "csms_to_cp": False}
FrameId = Annotated[int | None, Query(ge=0, le=_LAST_ID)]


class ChargerFrame(BaseModel):
    """One OCPP-J frame: `message` is the raw JSON array as it crossed the wire."""

    id: int = Field(description="Grows with time; the live stream names frames so, too.")
    at: datetime
    direction: str = Field(description="`cp_to_csms` or `csms_to_cp`.")
    action: str
    message: str


class ChargerFrameListResponse(BaseModel):
    """A slice of a charger's message log, newest first."""

    data: list[ChargerFrame]
    limit: int


@router.get("/{charger_id}/frames", responses=errors(404))
async def list_charger_frames(
    services: deps.CurrentServices,
    tenant: deps.CurrentTenant,
    charger_id: deps.ChargerId,
    before: FrameId = None,
    after: FrameId = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    action: Annotated[Slug | None, Query(description="Only this OCPP action.")] = None,
    direction: Annotated[Literal["cp_to_csms", "csms_to_cp"] | None, Query()] = None,
    q: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=200,
            pattern=r"^[^\x00]*$",
            description="Only messages with this text in them, in capitals or not.",
        ),
    ] = None,
) -> ChargerFrameListResponse:
    """The charger's newest OCPP messages with an id `before` (and `after`) these, the newest first.
    For the page before, send the last one's id as `before`. With `after` alone: the messages right
    after that one; for the page after, send the first one's id."""
    await services.db.read(chargers.get, tenant, charger_id)
    wanted = frame_log.Slice(
        before=before,
        after=after,
        action=action,
        from_station=None if direction is None else _DIRECTIONS[direction],
        text=q,
    )
    found = await services.frames.read(frame_log.newest_first, charger_id, wanted, limit)
    data = [
        ChargerFrame(
            id=frame_id,
            at=moment(frame.at),
            direction="cp_to_csms" if frame.from_station else "csms_to_cp",
            action=frame.action,
            message=frame.message,
        )
        for frame_id, frame in found
    ]
    return ChargerFrameListResponse(data=data, limit=limit)
