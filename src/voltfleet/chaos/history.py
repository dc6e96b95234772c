"""What the client was told, and what must therefore be so: the judge of a chaos run.

Pure: a `History` of what was acknowledged on one side, what is `Found` on the other, and functions
that tell how they differ. What was asked for and never answered may have happened or not, but at
most once; what was acknowledged has happened.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What can be wrong."""

    LOST = "lost"
    DOUBLED = "doubled"
    REORDERED = "reordered"
    UNCLEAR = "answered wrongly"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be."""

    kind: Kind
    what: str


class Fate(StrEnum):
    """How far the life of a thing has got, as its user knows."""

    ASKED = "asked for, and not answered"
    THERE = "created"
    LEAVING = "to be deleted, and not answered"
    GONE = "deleted"


@dataclass(slots=True)
class Charger:
    """One charger. ``running`` is null while a start or stop has no answer."""

    identity: str
    id: str = ""
    fate: Fate = Fate.ASKED
    running: bool | None = True


@dataclass(slots=True)
class Batch:
    """A bulk request: the job ids that its key was ever answered with, and every status seen."""

    key: str
    identities: Sequence[str]
    jobs: list[str] = field(default_factory=list)
    seen: list[tuple[str, int]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Location:
    """A location and its chargers by identity."""

    name: str
    id: str = ""
    fate: Fate = Fate.ASKED
    chargers: dict[str, Charger] = field(default_factory=dict)
    batches: list[Batch] = field(default_factory=list)


@dataclass(slots=True)
class Session:
    """A command to charge that was acknowledged, with every state it was seen in. ``id_token`` is
    this command's alone. ``disturbed``: its charger was stopped or deleted since."""

    id: str
    identity: str
    id_token: str
    seen: list[str] = field(default_factory=list)
    disturbed: bool = False


@dataclass(slots=True)
class History:
    """All that one run's client did and was told."""

    locations: list[Location] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    acknowledged: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Found:
    """What is there, once nobody asks for anything any more."""

    names: Counter[str]
    """Of all locations."""
    chargers: dict[str, list[str]]
    """The identities listed at each location that was asked about, by its name."""
    online: frozenset[str]
    """Whose stations the CSMS has connected and accepted."""


def differences(history: History, found: Found) -> list[Finding]:
    """All that was acknowledged and is not so, or is so twice."""
    return [
        finding
        for location in history.locations
        for finding in (*_of_location(location, found), *_of_chargers(location, found))
    ]


def _of_location(location: Location, found: Found) -> Iterator[Finding]:
    count = found.names[location.name]
    if count > 1:
        yield Finding(Kind.DOUBLED, f"location {location.name} is there {count} times")
    if location.fate is Fate.THERE and not count:
        yield Finding(Kind.LOST, f"location {location.name} was created and is not there")
    if location.fate is Fate.GONE and count:
        yield Finding(Kind.LOST, f"location {location.name} was deleted and is there again")


def _of_chargers(location: Location, found: Found) -> Iterator[Finding]:
    listed = Counter(found.chargers.get(location.name, []))
    for identity in listed.keys() - location.chargers.keys():
        yield Finding(Kind.DOUBLED, f"charger {identity} is there and nobody asked for it")
    for identity, charger in location.chargers.items():
        if location.fate is Fate.THERE:
            yield from _of_charger(charger, listed[identity])
        yield from _of_socket(location, charger, online=identity in found.online)


def _of_charger(charger: Charger, count: int) -> Iterator[Finding]:
    if count > 1:
        yield Finding(Kind.DOUBLED, f"charger {charger.identity} is there {count} times")
    if charger.fate is Fate.THERE and not count:
        yield Finding(Kind.LOST, f"charger {charger.identity} was created and is not there")
    if charger.fate is Fate.GONE and count:
        yield Finding(Kind.LOST, f"charger {charger.identity} was deleted and is there again")


def _of_socket(location: Location, charger: Charger, *, online: bool) -> Iterator[Finding]:
    name = charger.identity
    gone = Fate.GONE in (location.fate, charger.fate)
    there = location.fate is Fate.THERE and charger.fate is Fate.THERE
    if gone and online:
        yield Finding(Kind.LOST, f"charger {name} was deleted and is still connected to its CSMS")
    if there and charger.running is True and not online:
        yield Finding(Kind.LOST, f"charger {name} runs and is not connected to its CSMS")
    if there and charger.running is False and online:
        yield Finding(Kind.LOST, f"charger {name} was stopped and is still connected to its CSMS")


_JOB_ORDER = {"PENDING": 0, "PROVISIONING": 1, "READY": 2, "FAILED": 2}
_COMMAND_ORDER = {"queued": 0, "sent": 1, "applied": 2, "rejected": 2, "failed": 2, "expired": 2}


def check_batch(batch: Batch) -> list[Finding]:
    """Whether a bulk request became one job, which went forward only and did all of it."""
    found = []
    if len(set(batch.jobs)) > 1:
        told = ", ".join(sorted(set(batch.jobs)))
        found.append(Finding(Kind.DOUBLED, f"key {batch.key} became several jobs: {told}"))
    statuses = [status for status, _ in batch.seen]
    if not _forward(statuses, _JOB_ORDER):
        told = " -> ".join(statuses)
        found.append(Finding(Kind.REORDERED, f"the job of key {batch.key} went back: {told}"))
    created = [count for _, count in batch.seen]
    if created != sorted(created):
        told = f"the job of key {batch.key} counted backwards: {created}"
        found.append(Finding(Kind.REORDERED, told))
    if statuses and (statuses[-1] == "FAILED" or batch.failed):
        told = "; ".join(batch.failed[:3]) or "FAILED"
        found.append(Finding(Kind.LOST, f"the job of key {batch.key} did not do all: {told}"))
    return found


def check_session(session: Session, begun: int, *, final: bool) -> list[Finding]:
    """Whether a command went forward only, and was carried out as it says: ``begun`` is how many
    transactions of its id token the CSMS has heard of. ``final``: it must have come to its end, as
    nothing is under way any more and nobody has stopped the charger since."""
    found, name = [], f"command {session.id} to {session.identity}"
    if not _forward(session.seen, _COMMAND_ORDER):
        told = " -> ".join(session.seen)
        found.append(Finding(Kind.REORDERED, f"{name} went back: {told}"))
    if begun > 1:
        found.append(Finding(Kind.DOUBLED, f"{name} was carried out {begun} times"))
    if final and session.seen and _COMMAND_ORDER[session.seen[-1]] < max(_COMMAND_ORDER.values()):
        found.append(Finding(Kind.LOST, f"{name} is {session.seen[-1]} and gets no further"))
    if final and session.seen[-1:] == ["applied"] and not begun:
        found.append(Finding(Kind.LOST, f"{name} was applied and the CSMS has heard nothing of it"))
    return found


def check_order(name: str, at_csms: Sequence[str], in_log: Sequence[str]) -> list[Finding]:
    """Whether a charger's message log has the station's messages in the order in which they came to
    the CSMS. Some may be missing on either side."""
    places = {unique_id: place for place, unique_id in reversed(list(enumerate(at_csms)))}
    order = [places[unique_id] for unique_id in dict.fromkeys(in_log) if unique_id in places]
    if order == sorted(order):
        return []
    return [Finding(Kind.REORDERED, f"the message log of charger {name} is not in order")]


def _forward(states: Sequence[str], order: dict[str, int]) -> bool:
    """Whether no state is before one that was seen earlier, and the last one does not change."""
    ranks = [order[state] for state in states]
    ends = {state for state in states if order[state] == max(order.values())}
    return ranks == sorted(ranks) and len(ends) <= 1
