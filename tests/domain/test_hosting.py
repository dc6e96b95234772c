"""The host link between halves of different releases: what one adds, the other reads past."""

import msgspec

from voltfleet.domain.hosting import ConnectorReport


class OlderConnectorReport(msgspec.Struct, array_like=True):
    """As it was before it told whether a transaction gets energy."""

    evse_id: int
    connector_id: int
    status: str
    error_code: str | None
    since: float


def test_a_connector_report_is_read_by_halves_of_before_and_theirs_by_us():
    new = ConnectorReport(1, 2, "Occupied", None, 5.0, charging=True)
    old = OlderConnectorReport(1, 2, "Occupied", None, 5.0)
    for codec in (msgspec.msgpack, msgspec.json):
        assert codec.decode(codec.encode(new), type=OlderConnectorReport) == old
        found = codec.decode(codec.encode(old), type=ConnectorReport)
        assert found == ConnectorReport(1, 2, "Occupied", None, 5.0, charging=False)
