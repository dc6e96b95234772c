"""Keeps the failure of one station from the thousands beside it."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar


class Crashable(Protocol):
    """One that can be told that its code failed."""

    def crashed(self, exc: Exception) -> None:
        """Report it, and go on as well as possible."""


Subject = TypeVar("Subject", bound=Crashable)
Given = ParamSpec("Given")


def isolated(
    stimulus: Callable[Concatenate[Subject, Given], None],
) -> Callable[Concatenate[Subject, Given], None]:
    """A method whose every exception ends in `Crashable.crashed`."""

    def contained(self: Subject, /, *args: Given.args, **kwargs: Given.kwargs) -> None:
        try:
            stimulus(self, *args, **kwargs)
        except Exception as exc:  # noqa: BLE001 - whatever it is, it is reported and contained
            self.crashed(exc)

    return contained
