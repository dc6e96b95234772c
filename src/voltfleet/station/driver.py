"""The simulated driver: brings a car soon after somebody asked for a session, and fetches it soon
after the session is over."""

from collections.abc import Callable
from functools import partial

from voltfleet.station.connector import Connector
from voltfleet.station.context import Context
from voltfleet.station.evse import Evse

ARRIVES_AFTER_SECONDS = (1.0, 3.0)
LEAVES_AFTER_SECONDS = (2.0, 5.0)
TRIES_AGAIN_AFTER_SECONDS = 15.0


def arrives(ctx: Context, connector: Connector) -> None:
    """A driver comes and plugs in, unless somebody else was faster."""
    delay = ctx.rng.uniform(*ARRIVES_AFTER_SECONDS)
    ctx.after("driver", connector.evse_id, delay, partial(_plug_in, ctx, connector))


def does_not_come(ctx: Context, evse: Evse) -> None:
    """Nobody comes any more, or nobody who is there does what was planned."""
    ctx.timers.stop(("driver", evse.id))


def returns(ctx: Context, evse: Evse, and_does: Callable[[], None]) -> None:
    """The driver who brought the car comes back to it; a car that nobody attends stays."""
    if evse.attended:
        ctx.after("driver", evse.id, ctx.rng.uniform(*LEAVES_AFTER_SECONDS), and_does)


def leaves(ctx: Context, evse: Evse) -> None:
    """The driver who brought the car fetches it soon."""
    returns(ctx, evse, partial(_pull_out, ctx, evse))


def _plug_in(ctx: Context, connector: Connector) -> None:
    evse = ctx.hardware.evse_of(connector)
    if evse.active is None:
        evse.attended = True
        ctx.hardware.plug_in(connector, ctx.now)


def _pull_out(ctx: Context, evse: Evse) -> None:
    if evse.active is None:
        return
    if evse.active.stuck:
        again = partial(_pull_out, ctx, evse)
        ctx.after("driver", evse.id, TRIES_AGAIN_AFTER_SECONDS, again)
    else:
        ctx.hardware.pull_out(evse.active, ctx.now)
