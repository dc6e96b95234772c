"""What a chaos run says: a line a round, and a table at the end."""

from collections import defaultdict
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from voltfleet.chaos.history import Kind
from voltfleet.chaos.run import SETTLE_BOUND_SECONDS, Options, Outcome, Round

MOST_FINDINGS = 40


def lines(done: Round, of: int) -> Iterator[str]:
    """One round in one line, and one for everything that was wrong."""
    struck = done.struck
    missed = " (not reached: struck at once)" if struck.strike.point and not struck.at_point else ""
    verdict = "ok" if not done.findings else f"{len(done.findings)} WRONG"
    yield (
        f"{struck.strike.number:>5}/{of}  {struck.strike}{missed}; back after "
        f"{struck.back_seconds:.1f} s, settled {done.settled_seconds:.1f} s later: {verdict}"
    )
    for finding in done.findings:
        yield f"         {finding.kind}: {finding.what}"


def tell(console: Console, options: Options, outcome: Outcome) -> None:
    """The end of it."""
    database = "Postgres, two gateways" if options.database_url.startswith("postgres") else "SQLite"
    table = Table(
        title=f"{len(outcome.rounds):,} strikes, seed {options.seed}, {database}",
        title_justify="left",
    )
    table.add_column("strike", style="bold")
    for heading in ("times", "at a named point", "worst: back", "worst: settled", "wrong"):
        table.add_column(heading, justify="right")
    for name, rounds in _by_target(outcome).items():
        table.add_row(
            name,
            f"{len(rounds):,}",
            f"{sum(done.struck.at_point for done in rounds):,}",
            f"{max(done.struck.back_seconds for done in rounds):.1f} s",
            f"{max(done.settled_seconds for done in rounds):.1f} s",
            f"{sum(len(done.findings) for done in rounds):,}",
        )
    console.print(table)
    _tell_client(console, outcome)
    _tell_verdict(console, outcome)


def _by_target(outcome: Outcome) -> dict[str, list[Round]]:
    found: dict[str, list[Round]] = defaultdict(list)
    for done in outcome.rounds:
        found[f"{done.struck.strike.fault} {done.struck.strike.target}"].append(done)
    return dict(sorted(found.items()))


def _tell_client(console: Console, outcome: Outcome) -> None:
    history = outcome.history
    kept = ", ".join(f"{count:,} x {what}" for what, count in sorted(history.acknowledged.items()))
    refused = ", ".join(f"{count:,} x {code}" for code, count in sorted(history.refused.items()))
    console.print(f"Acknowledged to the client: {kept}.", highlight=False)
    console.print(
        f"Asked again: {history.unanswered:,} requests without an answer; refused for a moment: "
        f"{refused or 'none'}.",
        highlight=False,
    )


def _tell_verdict(console: Console, outcome: Outcome) -> None:
    counts = outcome.counts
    told = ", ".join(f"{counts[kind]:,} {kind}" for kind in Kind)
    worst = max((done.settled_seconds for done in outcome.rounds), default=0.0)
    console.print(f"[bold]{told}.[/]", highlight=False)
    console.print(
        f"Worst settle: {worst:.1f} s after all was back (bound {SETTLE_BOUND_SECONDS:g} s).",
        highlight=False,
    )
    for finding in outcome.last_findings[:MOST_FINDINGS]:
        console.print(f"  {finding.kind}: {finding.what}", markup=False, highlight=False)
