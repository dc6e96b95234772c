"""What was measured, beside what it must be."""

from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table


@dataclass
class Figures:
    """Rows of a table; a figure is met when it is at most its bound."""

    rows: list[tuple[str, float, str, float | None]] = field(default_factory=list)

    def add(self, what: str, value: float, unit: str, bound: float | None = None) -> None:
        """Notes a figure, and says it at once; one without a bound is only told."""
        self.rows.append((what, value, unit, bound))
        within = "" if bound is None else f" (bound {bound:g})"
        print(f"{what}: {value:,.2f} {unit}{within}", flush=True)

    @property
    def all_met(self) -> bool:
        """Whether every figure is within its bound."""
        return all(bound is None or value <= bound for _, value, _, bound in self.rows)

    def show(self) -> None:
        """The table."""
        table = Table("figure", "measured", "bound", "")
        for what, value, unit, bound in self.rows:
            if bound is None:
                table.add_row(what, f"{value:,.2f} {unit}", "", "")
                continue
            met = "ok" if value <= bound else "MISSED"
            table.add_row(what, f"{value:,.2f} {unit}", f"{bound:g} {unit}", met)
        Console(width=110).print(table)
