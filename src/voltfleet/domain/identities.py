"""Groups to identities: which chargers a bulk request asks for, and what each of them is called.

A group names its chargers by ``charger_ids`` (exactly those), by ``chargers_number`` (that many,
with random hex suffixes), or by both (the ids first, then padded or cut to the number).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from voltfleet.domain.errors import InvalidInput, Problem

MAX_LENGTH = 48
"""An OCPP 2.0.1 identity is an identifierString[48] (Part 4 §3.1.1); 1.6 names no bound."""
CHARACTERS = "letters, digits and * - _ = : + | @ ."
MAX_PROBLEMS = 50
"""A refusal names at most this many offending fields; a batch has thousands of them."""

_IDENTITY = re.compile(r"[A-Za-z0-9*\-_=:+|@.]{1,48}")
_FEW = 100
_FEW_BYTES, _MANY_BYTES = 4, 6
_MAX_DRAWS = 50

RandomHex = Callable[[int], str]
"""``n`` random bytes as ``2 n`` hex digits, as `secrets.token_hex` gives them."""


@dataclass(frozen=True, slots=True)
class ChargerGroup:
    """How one group names its chargers. At least one of the two last fields is given."""

    identity_prefix: str | None = None
    template_name: str | None = None
    charger_ids: Sequence[str] | None = None
    chargers_number: int | None = None


class ExpandedCharger(NamedTuple):
    """One charger of a batch: its group, its place in the group, its full identity, its name."""

    group_index: int
    position: int
    identity: str
    name: str


def check_identity(identity: str) -> str | None:
    """What is wrong with a full identity, as a sentence; nothing if it is a good one."""
    if _IDENTITY.fullmatch(identity):
        return None
    if not identity:
        return "An identity must not be empty."
    if len(identity) > MAX_LENGTH:
        return f"The identity would have {len(identity)} characters; {MAX_LENGTH} are allowed."
    return f"An identity may contain only {CHARACTERS}"


def expand(
    groups: Sequence[ChargerGroup], random_hex: RandomHex, *, limit: int
) -> list[ExpandedCharger]:
    """Every charger that the groups ask for, group by group, in order. No identity occurs twice.

    Raises `InvalidInput` naming every offending field (the first 50). The size is checked against
    ``limit`` by arithmetic, so an enormous number costs nothing.
    """
    _check_counts(groups, limit)
    names = [_explicit_suffixes(group) for group in groups]
    _check_identities(groups, names)
    taken = {
        (group.identity_prefix or "") + suffix
        for group, suffixes in zip(groups, names, strict=True)
        for suffix in suffixes
    }
    expanded: list[ExpandedCharger] = []
    for index, (group, suffixes) in enumerate(zip(groups, names, strict=True)):
        missing = count(group) - len(suffixes)
        padding = _random_suffixes(group.identity_prefix or "", missing, random_hex, taken)
        expanded += _name(index, group, [*suffixes, *padding])
    return expanded


def count(group: ChargerGroup) -> int:
    """How many chargers the group asks for."""
    if group.chargers_number is not None:
        return group.chargers_number
    return len(group.charger_ids or ())


def _check_counts(groups: Sequence[ChargerGroup], limit: int) -> None:
    if not groups:
        raise InvalidInput([Problem(("body",), "At least one group is needed.", "empty_batch", [])])
    _refuse(_count_problems(groups))
    total = sum(count(group) for group in groups)
    if total > limit:
        message = f"The batch has more chargers than the {limit} allowed in one request."
        raise InvalidInput([Problem(("body",), message, "batch_too_large", min(total, 2**53))])


def _count_problems(groups: Sequence[ChargerGroup]) -> Iterator[Problem]:
    for index, group in enumerate(groups):
        if group.chargers_number is not None:
            if group.chargers_number < 1:
                yield Problem(
                    ("body", index, "chargers_number"),
                    f"Group {index}: chargers_number must be at least 1.",
                    "invalid_charger_count",
                    group.chargers_number,
                )
        elif not group.charger_ids:
            yield Problem(
                ("body", index) if group.charger_ids is None else ("body", index, "charger_ids"),
                f"Group {index}: give charger_ids, chargers_number, or both.",
                "missing_charger_count",
                group.charger_ids,
            )


def _explicit_suffixes(group: ChargerGroup) -> list[str]:
    return list((group.charger_ids or ())[: count(group)])


def _check_identities(groups: Sequence[ChargerGroup], names: Sequence[Sequence[str]]) -> None:
    _refuse(_prefix_problems(groups, names))
    _refuse(_suffix_problems(groups, names))


def _prefix_problems(
    groups: Sequence[ChargerGroup], names: Sequence[Sequence[str]]
) -> Iterator[Problem]:
    for index, (group, suffixes) in enumerate(zip(groups, names, strict=True)):
        missing = count(group) - len(suffixes)
        digits = 2 * _width(missing) if missing else 0
        prefix = group.identity_prefix or ""
        problem = check_identity(prefix) if prefix else None
        if not problem and len(prefix) + digits > MAX_LENGTH:
            problem = (
                f"With {digits} random hex digits the identity would have {len(prefix) + digits}"
                f" characters; {MAX_LENGTH} are allowed."
            )
        if problem:
            loc = ("body", index, "template", "identity_prefix")
            yield Problem(loc, f"Group {index}: {problem}", "invalid_identity", prefix)


def _suffix_problems(
    groups: Sequence[ChargerGroup], names: Sequence[Sequence[str]]
) -> Iterator[Problem]:
    first: dict[str, tuple[int, int]] = {}
    for index, (group, suffixes) in enumerate(zip(groups, names, strict=True)):
        prefix = group.identity_prefix or ""
        for position, suffix in enumerate(suffixes):
            identity = prefix + suffix
            seen = first.setdefault(identity, (index, position))
            code, problem = "invalid_identity", check_identity(identity if suffix else "")
            if not problem and seen != (index, position):
                code = "duplicate_identity"
                problem = (
                    f"charger_ids[{position}] gives the identity {identity} a second time; the"
                    f" first is charger_ids[{seen[1]}] of group {seen[0]}."
                )
            if problem:
                loc = ("body", index, "charger_ids", position)
                yield Problem(loc, f"Group {index}: {problem}", code, suffix)


def _refuse(problems: Iterator[Problem]) -> None:
    found = [problem for _, problem in zip(range(MAX_PROBLEMS), problems, strict=False)]
    if found:
        raise InvalidInput(found)


def _width(number: int) -> int:
    """Bytes of a random suffix. Wider for many, so that not even chargers of earlier batches with
    the same prefix are hit: 20,000 into a million is one in 14,000 with 12 digits."""
    return _FEW_BYTES if number <= _FEW else _MANY_BYTES


def _random_suffixes(prefix: str, number: int, random_hex: RandomHex, taken: set[str]) -> list[str]:
    """``number`` new suffixes, whose identities are added to ``taken``."""
    width = _width(number)
    suffixes: list[str] = []
    for _ in range(_MAX_DRAWS):
        missing = number - len(suffixes)
        if not missing:
            return suffixes
        digits = random_hex(width * missing)
        for start in range(0, 2 * width * missing, 2 * width):
            suffix = digits[start : start + 2 * width]
            if prefix + suffix not in taken:
                taken.add(prefix + suffix)
                suffixes.append(suffix)
    raise RuntimeError("the source of random digits repeats itself")


def _name(index: int, group: ChargerGroup, suffixes: Sequence[str]) -> Iterator[ExpandedCharger]:
    prefix, base = group.identity_prefix or "", (group.template_name or "").strip()
    for position, suffix in enumerate(suffixes):
        identity = prefix + suffix
        yield ExpandedCharger(index, position, identity, f"{base} {suffix}" if base else identity)
