"""Functional block O: what the CSMS wants the display to show (O01 to O06)."""

from voltfleet.station.blocks import Block, handles
from voltfleet.station.context import Context
from voltfleet.station.outbox import Lane
from voltfleet.station.times import instant
from voltfleet.station.v2.device_model import displaying
from voltfleet.station.v2.device_model.model import DeviceModel
from voltfleet.station.v2.messages import display as m
from voltfleet.station.v2.messages.display import DisplayMessageStatus, Found, MessageInfo
from voltfleet.station.v2.messages.types import Empty, StatusInfo
from voltfleet.station.v2.session import Sessions

_ALWAYS_FRONT = "AlwaysFront"


class Display(Block):
    """Keeps the messages, over a reboot too. One is gone when its end has come, or the transaction
    that it is about is over (O02.FR.02)."""

    __slots__ = ("_kept", "_model", "_sessions")

    def __init__(self, ctx: Context, model: DeviceModel, sessions: Sessions) -> None:
        super().__init__(ctx)
        self._model = model
        self._sessions = sessions
        self._kept: tuple[MessageInfo, ...] = ()

    @handles(m.SetDisplayMessage)
    def set_message(self, request: m.SetDisplayMessage) -> m.SetDisplayMessageResponse:
        """A message of the same id is replaced (O06), and so is the one that is AlwaysFront
        (O01.FR.07)."""
        new = request.message
        for field, text in (
            ("message.startDateTime", new.start_date_time),
            ("message.endDateTime", new.end_date_time),
        ):
            if text is not None:
                instant(text, field)
        if new.message.format not in displaying.FORMATS:
            return m.SetDisplayMessageResponse(DisplayMessageStatus.NOT_SUPPORTED_MESSAGE_FORMAT)
        if new.transaction_id is not None and self._sessions.find(new.transaction_id) is None:
            return m.SetDisplayMessageResponse(DisplayMessageStatus.UNKNOWN_TRANSACTION)
        others = tuple(old for old in self._alive() if not _replaces(new, old))
        why = self._why_not(new, len(others))
        if why is not None:
            return m.SetDisplayMessageResponse(DisplayMessageStatus.REJECTED, why)
        self.ctx.remember()
        self._keep((*others, new))
        return m.SetDisplayMessageResponse(DisplayMessageStatus.ACCEPTED)

    @handles(m.GetDisplayMessages)
    def get_messages(self, request: m.GetDisplayMessages) -> m.GetDisplayMessagesResponse:
        """O03, O04: the messages follow the answer."""
        found = tuple(
            message
            for message in self._alive()
            if (request.id is None or message.id in request.id)
            and request.priority in {None, message.priority}
            and request.state in {None, message.state}
        )
        if not found:
            return m.GetDisplayMessagesResponse(Found.UNKNOWN)
        told = m.NotifyDisplayMessages(request.request_id, found)
        self.ctx.call(told, Empty, lane=Lane.TRIGGERED)
        return m.GetDisplayMessagesResponse(Found.ACCEPTED)

    @handles(m.ClearDisplayMessage)
    def clear_message(self, request: m.ClearDisplayMessage) -> m.ClearDisplayMessageResponse:
        """O05"""
        alive = self._alive()
        left = tuple(message for message in alive if message.id != request.id)
        self.ctx.remember()
        self._keep(left)
        return m.ClearDisplayMessageResponse(
            Found.UNKNOWN if len(left) == len(alive) else Found.ACCEPTED
        )

    def memory(self) -> tuple[MessageInfo, ...]:
        """What outlives a power cut."""
        return self._kept

    def recall(self, kept: tuple[MessageInfo, ...]) -> None:
        """As it was."""
        self._keep(kept)

    def _why_not(self, new: MessageInfo, others: int) -> StatusInfo | None:
        if new.display is not None and not self._model.has_component(new.display):
            return StatusInfo("UnknownComponent")
        if self._is_over(new):
            return StatusInfo("InvalidValue", "endDateTime is over")
        if others >= displaying.MAX_MESSAGES:
            return StatusInfo("TooManyElements", "no more messages can be kept")
        return None

    def _alive(self) -> tuple[MessageInfo, ...]:
        """Those that are shown, or will be."""
        self._keep(tuple(message for message in self._kept if not self._is_over(message)))
        return self._kept

    def _is_over(self, message: MessageInfo) -> bool:
        clock = self.ctx.now + self.ctx.clock_offset
        end, about = message.end_date_time, message.transaction_id
        ended = end is not None and instant(end, "message.endDateTime") <= clock
        return ended or (about is not None and self._sessions.find(about) is None)

    def _keep(self, messages: tuple[MessageInfo, ...]) -> None:
        if messages != self._kept:
            self._kept = messages
            self._model.note(displaying.DISPLAY_MESSAGES, str(len(messages)))


def _replaces(new: MessageInfo, old: MessageInfo) -> bool:
    return new.id == old.id or new.priority == old.priority == _ALWAYS_FRONT
