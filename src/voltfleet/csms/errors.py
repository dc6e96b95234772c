"""What can go wrong when the CSMS calls a charger.

CallFailed
├── NotConnected     nobody of that identity is connected, or it left before it answered
├── NotAllowed       the standard forbids this call in the charger's present state
├── NoAnswer         it did not answer in time
├── CallRefused      it answered with a CALLERROR
└── BadAnswer        it answered with something that the standard does not allow
"""

from typing import Any

from voltfleet.domain.errors import VoltfleetError


class CallFailed(VoltfleetError):
    """The charger did not do what it was asked."""

    code = "call_failed"


class NotConnected(CallFailed):
    """The charger is not connected."""

    code = "not_connected"


class NotAllowed(CallFailed):
    """The charger has not been accepted yet."""

    code = "not_allowed"


class NoAnswer(CallFailed):
    """The charger did not answer in time."""

    code = "no_answer"


class BadAnswer(CallFailed):
    """The charger's answer violates the standard."""

    code = "bad_answer"


class CallRefused(CallFailed):
    """The charger answered with a CALLERROR: its code, a sentence, and details."""

    code = "call_refused"

    def __init__(self, rpc_code: str, description: str, details: dict[str, Any]) -> None:
        self.rpc_code = rpc_code
        self.description = description
        self.details = details
        super().__init__(f"{rpc_code}: {description}" if description else rpc_code)
