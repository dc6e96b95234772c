"""The judge of a chaos run, on good and on bad histories: it must be able to find fault."""

from collections import Counter
from dataclasses import replace

import pytest

from voltfleet.chaos.history import (
    Batch,
    Charger,
    Fate,
    Finding,
    Found,
    History,
    Kind,
    Location,
    Session,
    check_batch,
    check_order,
    check_session,
    differences,
)

GOOD = Found(Counter({"depot": 1}), {"depot": ["A", "B"]}, frozenset({"A"}))


def history(**chargers: Charger) -> History:
    there = {
        "A": Charger("A", "a", Fate.THERE, running=True),
        "B": Charger("B", "b", Fate.THERE, running=False),
        **chargers,
    }
    kept = {identity: charger for identity, charger in there.items() if charger}
    return History([Location("depot", "1", Fate.THERE, kept)])


def kinds(findings: list[Finding]) -> list[Kind]:
    return [finding.kind for finding in findings]


def test_what_is_as_it_was_acknowledged_is_right() -> None:
    assert differences(history(), GOOD) == []


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (replace(GOOD, names=Counter()), Kind.LOST),
        (replace(GOOD, names=Counter({"depot": 2})), Kind.DOUBLED),
        (replace(GOOD, chargers={"depot": ["A"]}), Kind.LOST),
        (replace(GOOD, chargers={"depot": ["A", "B", "B"]}), Kind.DOUBLED),
        (replace(GOOD, chargers={"depot": ["A", "B", "C"]}), Kind.DOUBLED),
        (replace(GOOD, online=frozenset()), Kind.LOST),  # A runs
        (replace(GOOD, online=frozenset("AB")), Kind.LOST),  # B was stopped
    ],
)
def test_whatever_is_not_so_is_found(found: Found, kind: Kind) -> None:
    assert kinds(differences(history(), found)) == [kind]


@pytest.mark.parametrize(
    ("found", "count"),
    [
        (replace(GOOD, chargers={"depot": ["B"]}, online=frozenset()), 0),
        (GOOD, 2),  # A is listed, and connected
        (replace(GOOD, online=frozenset()), 1),
    ],
)
def test_what_was_deleted_stays_deleted(found: Found, count: int) -> None:
    gone = history(A=Charger("A", "a", Fate.GONE))
    assert kinds(differences(gone, found)) == [Kind.LOST] * count


def test_a_deleted_location_takes_its_chargers_with_it() -> None:
    past = history()
    past.locations[0].fate = Fate.GONE
    empty = Found(Counter(), {}, frozenset())
    assert differences(past, empty) == []
    assert kinds(differences(past, replace(empty, names=GOOD.names))) == [Kind.LOST]
    assert kinds(differences(past, replace(empty, online=frozenset("A")))) == [Kind.LOST]


@pytest.mark.parametrize("fate", [Fate.ASKED, Fate.LEAVING])
@pytest.mark.parametrize("found", [GOOD, replace(GOOD, chargers={"depot": ["B"]})])
def test_what_was_never_answered_may_be_either_way(fate: Fate, found: Found) -> None:
    unknown = history(A=Charger("A", "a", fate))
    assert differences(unknown, replace(found, online=frozenset())) == []
    assert differences(unknown, found) == []


def test_what_was_never_answered_is_not_there_twice() -> None:
    unknown = history(A=Charger("A", "a", Fate.ASKED))
    twice = replace(GOOD, chargers={"depot": ["A", "A", "B"]})
    assert kinds(differences(unknown, twice)) == [Kind.DOUBLED]


def test_a_charger_whose_start_has_no_answer_may_run_or_not() -> None:
    unknown = history(A=Charger("A", "a", Fate.THERE, running=None))
    assert differences(unknown, GOOD) == []
    assert differences(unknown, replace(GOOD, online=frozenset())) == []


PROGRESS = [("PENDING", 0), ("PROVISIONING", 0), ("PROVISIONING", 2), ("READY", 3)]


@pytest.mark.parametrize(
    ("batch", "expected"),
    [
        (Batch("k", "abc", ["j", "j"], PROGRESS), []),
        (Batch("k", "abc", ["j", "i"], PROGRESS), [Kind.DOUBLED]),
        (Batch("k", "abc", ["j"], [*PROGRESS, ("PROVISIONING", 3)]), [Kind.REORDERED]),
        (Batch("k", "abc", ["j"], [("PROVISIONING", 2), ("READY", 1)]), [Kind.REORDERED]),
        (Batch("k", "abc", ["j"], [*PROGRESS, ("FAILED", 3)]), [Kind.REORDERED, Kind.LOST]),
        (Batch("k", "abc", ["j"], PROGRESS, ["c: no host"]), [Kind.LOST]),
    ],
)
def test_a_key_is_one_job_that_goes_forward_and_does_all(
    batch: Batch, expected: list[Kind]
) -> None:
    assert kinds(check_batch(batch)) == expected


@pytest.mark.parametrize(
    ("seen", "begun", "expected"),
    [
        (["queued", "sent", "applied"], 1, []),
        (["queued", "failed"], 0, []),
        (["sent", "failed"], 1, []),  # nobody knows how it went: it may have been done
        (["sent", "queued", "applied"], 1, [Kind.REORDERED]),
        (["failed", "applied"], 1, [Kind.REORDERED]),
        (["applied"], 2, [Kind.DOUBLED]),
        (["applied"], 0, [Kind.LOST]),
        (["queued"], 0, [Kind.LOST]),
        (["sent"], 0, [Kind.LOST]),
    ],
)
def test_a_command_is_carried_out_as_it_says(
    seen: list[str], begun: int, expected: list[Kind]
) -> None:
    assert kinds(check_session(Session("c", "A", "TAG", seen), begun, final=True)) == expected


def test_a_command_may_be_under_way_as_long_as_something_is() -> None:
    assert check_session(Session("c", "A", "TAG", ["queued"]), 0, final=False) == []


@pytest.mark.parametrize(
    ("at_csms", "in_log", "expected"),
    [
        (["1", "2", "3"], ["1", "2", "3"], []),
        (["1", "2", "3"], ["2", "3", "4"], []),  # each may lack some
        (["1", "2", "1", "3"], ["1", "2", "3"], []),  # what was sent again counts once
        (["1", "2", "3"], ["1", "3", "2"], [Kind.REORDERED]),
    ],
)
def test_the_message_log_keeps_the_order(
    at_csms: list[str], in_log: list[str], expected: list[Kind]
) -> None:
    assert kinds(check_order("A", at_csms, in_log)) == expected
