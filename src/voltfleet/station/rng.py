"""A seeded random source of 40 bytes.

`random.Random` keeps 2.5 KiB of state, half of what a whole idle station may use.
"""

_MASK = (1 << 64) - 1
_GAMMA = 0x9E3779B97F4A7C15


class Rng:
    """SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same numbers, for ever."""

    __slots__ = ("_state",)

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def bits(self) -> int:
        """The next 64 random bits."""
        self._state = (self._state + _GAMMA) & _MASK
        z = self._state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return z ^ (z >> 31)

    def stir(self, number: int) -> None:
        """Go on elsewhere in the sequence, as the number says."""
        self._state = (self._state ^ number) & _MASK
        self.bits()

    def uniform(self, low: float, high: float) -> float:
        """A number of [low, high)."""
        return low + (high - low) * (self.bits() >> 11) * 2.0**-53

    def below(self, bound: int) -> int:
        """A whole number of [0, bound)."""
        return self.bits() % bound
