"""Functional block P: vendor-specific messages; this vendor has none."""

from voltfleet.station.blocks import Block, handles
from voltfleet.station.v2.messages import data_transfer as m


class DataTransfer(Block):
    """Answers every vendor's message as one it does not know."""

    __slots__ = ()

    @handles(m.DataTransfer)
    def data_transfer(self, _request: m.DataTransfer) -> m.DataTransferResponse:
        """P01.FR.05"""
        return m.DataTransferResponse(m.DataTransferStatus.UNKNOWN_VENDOR_ID)
