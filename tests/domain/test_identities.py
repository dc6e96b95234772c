"""Groups to identities, exactly."""

import random
import secrets
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltfleet.domain.errors import InvalidInput, Problem
from voltfleet.domain.identities import ChargerGroup, check_identity, count, expand

LIMIT = 20_000


def hexes(*chunks: str) -> Iterator[str]:
    yield from chunks


def identities(*groups: ChargerGroup, seed: int = 1) -> list[str]:
    source = random.Random(seed)  # noqa: S311 (a repeatable source for the test)
    return [
        charger.identity
        for charger in expand(groups, lambda n: source.randbytes(n).hex(), limit=LIMIT)
    ]


def refusal(*groups: ChargerGroup, limit: int = LIMIT) -> tuple[Problem, ...]:
    def never(_: int) -> str:
        raise AssertionError("expanded before it was checked")

    with pytest.raises(InvalidInput) as refused:
        expand(groups, never, limit=limit)
    return refused.value.problems


def test_ids_only_gives_exactly_those() -> None:
    group = ChargerGroup("SITE_A_", "Bay", ["001", "002", "003"])
    assert [tuple(c) for c in expand([group], secrets.token_hex, limit=LIMIT)] == [
        (0, 0, "SITE_A_001", "Bay 001"),
        (0, 1, "SITE_A_002", "Bay 002"),
        (0, 2, "SITE_A_003", "Bay 003"),
    ]


def test_number_only_gives_that_many_random_suffixes() -> None:
    source = hexes("0123abcd" + "4567ef89")
    chargers = expand(
        [ChargerGroup("A_", "Bay", None, 2)], lambda n: next(source)[: 2 * n], limit=LIMIT
    )
    assert [tuple(c) for c in chargers] == [
        (0, 0, "A_0123abcd", "Bay 0123abcd"),
        (0, 1, "A_4567ef89", "Bay 4567ef89"),
    ]


def test_both_pads_with_random_hex() -> None:
    found = identities(ChargerGroup("SITE_A_", "Charger", ["001", "002"], 5))
    assert found[:2] == ["SITE_A_001", "SITE_A_002"]
    assert len(set(found)) == 5
    assert all(len(i) == len("SITE_A_") + 8 and int(i[7:], 16) >= 0 for i in found[2:])


def test_both_cuts_ids_that_are_too_many() -> None:
    group = ChargerGroup("A_", None, ["1", "2", "2", "not valid"], 2)
    assert identities(group) == ["A_1", "A_2"]


@pytest.mark.parametrize("ids", [None, []])
def test_no_ids_and_a_number_is_all_random(ids: list[str] | None) -> None:
    assert len(identities(ChargerGroup(None, None, ids, 3))) == 3


@pytest.mark.parametrize(
    ("template_name", "name"), [(None, "P1"), ("", "P1"), ("  ", "P1"), (" Bay ", "Bay 1")]
)
def test_names(template_name: str | None, name: str) -> None:
    (charger,) = expand([ChargerGroup("P", template_name, ["1"])], secrets.token_hex, limit=LIMIT)
    assert charger.name == name


def test_groups_keep_their_order_and_places() -> None:
    groups = [ChargerGroup("A_", None, None, 3), ChargerGroup("B_", "Bay", ["001", "002"])]
    chargers = expand(groups, secrets.token_hex, limit=LIMIT)
    assert [(c.group_index, c.position) for c in chargers] == [
        (0, 0),
        (0, 1),
        (0, 2),
        (1, 0),
        (1, 1),
    ]


def test_many_random_suffixes_are_wider() -> None:
    assert {len(i) for i in identities(ChargerGroup(None, None, None, 100))} == {8}
    assert {len(i) for i in identities(ChargerGroup(None, None, None, 101))} == {12}


def test_a_random_suffix_that_is_taken_is_drawn_again() -> None:
    # The explicit one stands in a later group and under another prefix: the full identity counts.
    groups = [ChargerGroup("A", None, None, 3), ChargerGroup("", None, ["A00000001"])]
    source = hexes("00000001" + "00000002" + "00000002", "00000002" + "00000003", "00000004")
    chargers = expand(groups, lambda _: next(source), limit=LIMIT)
    assert [c.identity for c in chargers] == [
        "A00000002",
        "A00000003",
        "A00000004",
        "A00000001",
    ]


def test_a_source_that_repeats_itself_ends_in_an_error() -> None:
    with pytest.raises(RuntimeError, match="repeats"):
        expand([ChargerGroup(None, None, None, 2)], lambda n: "00" * n, limit=LIMIT)


@pytest.mark.parametrize(
    ("groups", "loc", "code"),
    [
        ([], ("body",), "empty_batch"),
        ([ChargerGroup()], ("body", 0), "missing_charger_count"),
        ([ChargerGroup("A", "B", [])], ("body", 0, "charger_ids"), "missing_charger_count"),
        (
            [ChargerGroup(None, None, None, 0)],
            ("body", 0, "chargers_number"),
            "invalid_charger_count",
        ),
        (
            [ChargerGroup(None, None, ["1"]), ChargerGroup(None, None, ["2"], -1)],
            ("body", 1, "chargers_number"),
            "invalid_charger_count",
        ),
        (
            [ChargerGroup(None, None, ["1", "2", "1"])],
            ("body", 0, "charger_ids", 2),
            "duplicate_identity",
        ),
        (
            [ChargerGroup("A", None, ["B1"]), ChargerGroup("AB", None, ["0", "1"])],
            ("body", 1, "charger_ids", 1),
            "duplicate_identity",
        ),
        ([ChargerGroup("A", None, ["x", ""])], ("body", 0, "charger_ids", 1), "invalid_identity"),
        ([ChargerGroup(None, None, ["a b"])], ("body", 0, "charger_ids", 0), "invalid_identity"),
        ([ChargerGroup(None, None, ["a\n"])], ("body", 0, "charger_ids", 0), "invalid_identity"),
        ([ChargerGroup(None, None, ["é"])], ("body", 0, "charger_ids", 0), "invalid_identity"),
        ([ChargerGroup(None, None, ["\uff11"])], ("body", 0, "charger_ids", 0), "invalid_identity"),
        ([ChargerGroup("A" * 47, None, ["12"])], ("body", 0, "charger_ids", 0), "invalid_identity"),
        (
            [ChargerGroup("A/", None, ["1"])],
            ("body", 0, "template", "identity_prefix"),
            "invalid_identity",
        ),
        (
            [ChargerGroup("A" * 49, None, ["1"])],
            ("body", 0, "template", "identity_prefix"),
            "invalid_identity",
        ),
        (
            [ChargerGroup("A" * 41, None, None, 1)],
            ("body", 0, "template", "identity_prefix"),
            "invalid_identity",
        ),
        (
            [ChargerGroup("A" * 37, None, None, 101)],
            ("body", 0, "template", "identity_prefix"),
            "invalid_identity",
        ),
    ],
)
def test_a_refusal_names_group_and_field(
    groups: list[ChargerGroup], loc: tuple[str | int, ...], code: str
) -> None:
    (problem,) = refusal(*groups)
    assert (problem.loc, problem.code) == (loc, code)


def test_a_refusal_names_every_offending_field_up_to_a_bound() -> None:
    bad = ChargerGroup(None, None, ["a b", "ok", "c d"])
    assert [p.loc[-1] for p in refusal(bad)] == [0, 2]
    assert len(refusal(ChargerGroup(None, None, [f"{n} x" for n in range(500)]))) == 50


@pytest.mark.parametrize(
    "groups",
    [
        [ChargerGroup(None, None, None, 20_001)],
        [ChargerGroup(None, None, None, 10**5000)],
        [ChargerGroup("A", None, None, 10_000), ChargerGroup("B", None, ["x"] * 10_001)],
    ],
)
def test_a_batch_over_the_limit_is_refused_by_arithmetic(groups: list[ChargerGroup]) -> None:
    (problem,) = refusal(*groups)
    assert (problem.loc, problem.code) == (("body",), "batch_too_large")
    assert "20000" in problem.message


def test_the_limit_itself_is_allowed() -> None:
    assert len(expand([ChargerGroup(None, None, None, 7)], secrets.token_hex, limit=7)) == 7


@pytest.mark.parametrize("identity", ["A", "a*-_=:+|@.9", "x" * 48])
def test_good_identities(identity: str) -> None:
    assert check_identity(identity) is None


def test_ten_thousand_take_no_time() -> None:
    groups = [ChargerGroup("SITE_A_", "Bay", [f"{n:04}" for n in range(5000)], 10_000)]
    best = min(_timed(groups) for _ in range(5))
    assert best < 0.1  # 9 ms measured; the room is for a busy machine


def _timed(groups: list[ChargerGroup]) -> float:
    start = time.perf_counter()
    expand(groups, secrets.token_hex, limit=LIMIT)
    return time.perf_counter() - start


GROUPS = st.lists(
    st.builds(
        ChargerGroup,
        st.none() | st.text(max_size=50),
        st.none() | st.text(max_size=5),
        st.none() | st.lists(st.text("ab1 ", max_size=3), max_size=5),
        st.none() | st.integers(-2, 8),
    ),
    max_size=4,
)


@given(GROUPS)
def test_whatever_is_asked_the_answer_keeps_its_promises(groups: list[ChargerGroup]) -> None:
    try:
        chargers = expand(groups, secrets.token_hex, limit=20)
    except InvalidInput as refused:
        assert {p.loc[0] for p in refused.problems} == {"body"}  # noqa: PT017 (or it is accepted)
        return
    assert len(chargers) == sum(count(g) for g in groups) <= 20
    assert len({c.identity for c in chargers}) == len(chargers)
    assert all(check_identity(c.identity) is None for c in chargers)
    for index, group in enumerate(groups):
        mine = [c.identity for c in chargers if c.group_index == index]
        explicit = [(group.identity_prefix or "") + s for s in group.charger_ids or ()]
        assert mine[: len(explicit)] == explicit[: len(mine)]
