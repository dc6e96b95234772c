"""What the tests of durability share: which of them only `make durability` runs."""

import os

import pytest

VARIABLE = "VOLTFLEET_DURABILITY"

in_full = pytest.mark.skipif(
    not os.environ.get(VARIABLE), reason=f"long; `make durability` sets {VARIABLE} and runs it"
)
