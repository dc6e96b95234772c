"""Answers kept because nothing about them will change any more."""

from voltfleet.api.kept_answers import KeptAnswer, KeptAnswers


def test_what_was_asked_for_longest_ago_makes_room() -> None:
    kept = KeptAnswers(most_bytes=3 * 1024)
    for name in ("a", "b", "c"):
        kept.keep(name, KeptAnswer("1", b"x" * 512))
    assert kept.take("a") is not None
    kept.keep("d", KeptAnswer("1", b"x" * 512))
    assert [name for name in "abcd" if kept.take(name)] == ["a", "c", "d"]


def test_there_is_one_version_of_each() -> None:
    kept = KeptAnswers(most_bytes=2 * 1024)
    for version in range(100):
        kept.keep("a", KeptAnswer(str(version), b"x" * 512))
    kept.keep("b", KeptAnswer("1", b"x" * 512))
    assert kept.take("a") == KeptAnswer("99", b"x" * 512)
    assert kept.take("b")


def test_one_too_large_is_not_kept() -> None:
    kept = KeptAnswers(most_bytes=1024)
    kept.keep("a", KeptAnswer("1", b"x" * 2048))
    assert kept.take("a") is None
