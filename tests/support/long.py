"""What takes too long for ``make test``: the same again, at more places."""

import os

import pytest

LONG = pytest.mark.skipif("VOLTFLEET_LONG" not in os.environ, reason="long; `make long` runs it")
