"""Functional block N: CustomerInformation (N09 tell it, N10 forget it). A station keeps nothing of
a customer but what was said of id tokens."""

from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.outbox import Lane
from voltfleet.station.v2.authorization import Authorization
from voltfleet.station.v2.messages import customer_information as m
from voltfleet.station.v2.messages.customer_information import CustomerInformationStatus
from voltfleet.station.v2.messages.types import Empty, StatusInfo


class Customers(Block):
    """Looks into the authorization cache and the local list; only the cache may be cleared, the
    list is the CSMS's own (N10.FR.05)."""

    __slots__ = ("_authorization",)

    def __init__(self, ctx: Context, authorization: Authorization) -> None:
        super().__init__(ctx)
        self._authorization = authorization

    @handles(m.CustomerInformation)
    def customer_information(self, request: m.CustomerInformation) -> m.CustomerInformationResponse:
        """Exactly one customer must be named (N09.FR.09), and something asked for."""
        named = (request.id_token, request.customer_identifier, request.customer_certificate)
        if sum(name is not None for name in named) != 1:
            return m.CustomerInformationResponse(CustomerInformationStatus.INVALID)
        if not (request.report or request.clear):
            info = StatusInfo("InvalidValue", "neither report nor clear")
            return m.CustomerInformationResponse(CustomerInformationStatus.REJECTED, info)
        token = request.id_token
        data = ""
        if token is not None and request.report:
            data = "\n".join(self._authorization.about(token))
        if token is not None and request.clear:
            self._authorization.forget(token)
        notification = m.NotifyCustomerInformation(
            request.request_id, 0, self.ctx.timestamp(), data[: m.MAX_DATA]
        )
        self.ctx.call(notification, Empty, lane=Lane.TRIGGERED)
        return m.CustomerInformationResponse(CustomerInformationStatus.ACCEPTED)
