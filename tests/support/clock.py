"""Time as a number that a test moves."""


class FakeClock:
    """Callable like ``time.time``; stands still until ``advance``."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> float:
        """Moves on by ``seconds`` and returns the new time."""
        self.now += seconds
        return self.now
