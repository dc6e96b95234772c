"""What takes too long for ``make test``: the same again, at more places."""

import os

import pytest

LONG_RUN = "VOLTFLEET_LONG" in os.environ
LONG = pytest.mark.skipif(not LONG_RUN, reason="long; `make long` runs it")
