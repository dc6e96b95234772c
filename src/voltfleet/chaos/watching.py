"""Somebody who watches some chargers live, as the dashboard does."""

import asyncio

from voltfleet.chaos.api import PAUSE_SECONDS, Api
from voltfleet.chaos.history import Fate, History

CHARGERS = 5
SECONDS = 3.0
"""Then others: chargers come and go."""


async def watch(api: Api, history: History) -> None:
    """For ever. What it is told is not judged; that it watches makes hosts and gateways say more to
    each other."""
    while True:
        there = [
            charger.id
            for location in history.locations
            if location.fate is Fate.THERE
            for charger in location.chargers.values()
            if charger.fate is Fate.THERE and charger.id
        ]
        if there:
            await api.watch(there[-CHARGERS:], SECONDS)
        await asyncio.sleep(PAUSE_SECONDS)
