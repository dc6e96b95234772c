"""Vendor-specific messages (OCPP 1.6 §5.6): this vendor has none."""

from voltfleet.station.blocks import Block, handles
from voltfleet.station.v16 import messages as m
from voltfleet.station.v16.types import DataTransferStatus


class DataTransfer(Block):
    """Answers every vendor's message as one it does not know."""

    __slots__ = ()

    @handles(m.DataTransfer)
    def data_transfer(self, _request: m.DataTransfer) -> m.DataTransferResponse:
        """§5.6: "If the recipient has no implementation for the vendorId: UnknownVendorId"."""
        return m.DataTransferResponse(DataTransferStatus.UNKNOWN_VENDOR_ID)
