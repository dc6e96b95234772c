from collections.abc import AsyncIterator

import pytest
from csms_peer import running

from voltfleet.csms.server import Csms


@pytest.fixture
async def csms() -> AsyncIterator[Csms]:
    csms = Csms()
    async with running(csms) as port:
        csms.port = port  # type: ignore[attr-defined]
        yield csms


@pytest.fixture
def port(csms: Csms) -> int:
    return csms.port  # type: ignore[attr-defined,no-any-return]
