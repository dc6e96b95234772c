"""Which functional blocks speak which OCPP version: one line each."""

from collections.abc import Callable, Mapping

from voltfleet.domain.specs import OcppVersion
from voltfleet.station.context import Context
from voltfleet.station.engine import Engine
from voltfleet.station.v2.engine import Engine2
from voltfleet.station.v2.v21.engine import Engine21
from voltfleet.station.v16.engine import Engine16

ENGINES: Mapping[OcppVersion, Callable[[Context], Engine]] = {
    OcppVersion.V16: Engine16,
    OcppVersion.V201: Engine2,
    OcppVersion.V21: Engine21,
}
