"""The local authorization list, whatever the version of OCPP."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltfleet.station.local_list import ListUpdate, LocalList


def filled() -> LocalList[str]:
    kept = LocalList[str]()
    assert kept.replace(5, [("a", "A"), ("b", "B")], most=3) is ListUpdate.ACCEPTED
    return kept


def test_a_full_update_is_the_list_afterwards():
    kept = filled()
    assert kept.replace(2, [("c", "C")], most=3) is ListUpdate.ACCEPTED
    assert (dict(kept.entries), kept.version) == ({"c": "C"}, 2)


def test_a_differential_update_changes_adds_and_removes():
    kept = filled()
    assert kept.change(6, [("a", None), ("b", "B2"), ("c", "C")], most=3) is ListUpdate.ACCEPTED
    assert (dict(kept.entries), kept.version) == ({"b": "B2", "c": "C"}, 6)
    assert kept.find("a") is None


@pytest.mark.parametrize(
    ("version", "lines", "result"),
    [
        (5, [("c", "C")], ListUpdate.VERSION_MISMATCH),
        (4, [], ListUpdate.VERSION_MISMATCH),
        (6, [("c", "C"), ("c", None)], ListUpdate.FAILED),
        (6, [("c", "C"), ("d", "D")], ListUpdate.FAILED),
    ],
)
def test_a_refused_change_changes_nothing(version, lines, result):
    kept = filled()
    assert kept.change(version, lines, most=3) is result
    assert (dict(kept.entries), kept.version) == ({"a": "A", "b": "B"}, 5)


@pytest.mark.parametrize(
    ("version", "lines"),
    [(0, []), (-1, [("a", "A")]), (6, [("a", "A"), ("a", "B")]), (6, [(c, c) for c in "abcd"])],
)
def test_a_refused_replacement_changes_nothing(version, lines):
    kept = filled()
    assert kept.replace(version, lines, most=3) is ListUpdate.FAILED
    assert (dict(kept.entries), kept.version) == ({"a": "A", "b": "B"}, 5)


def test_an_empty_list_has_version_0():
    kept = filled()
    assert kept.replace(9, [], most=3) is ListUpdate.ACCEPTED
    assert (len(kept), kept.version) == (0, 0)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 9),
            st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from([None, "x", "y"]))),
        )
    )
)
def test_the_list_never_outgrows_its_bound_and_versions_only_rise(updates):
    kept, last = LocalList[str](), 0
    for version, lines in updates:
        if kept.change(version, lines, most=4) is ListUpdate.ACCEPTED:
            assert version > last
            last = version
        assert len(kept) <= 4
