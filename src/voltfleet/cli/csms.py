"""``voltfleet csms``.

The command lives beside the CSMS, where ``python -m voltfleet.csms`` finds it too, so that its
options stand in one place.
"""

from voltfleet.csms.command import csms

__all__ = ["csms"]
