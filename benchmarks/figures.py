"""What was measured, beside what it must be."""

from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table


@dataclass
class Figures:
    """Rows of a table; a figure is met when it is at most its bound."""

    rows: list[tuple[str, float, str, float]] = field(default_factory=list)

    def add(self, what: str, value: float, unit: str, bound: float) -> None:
        """Notes a figure, and says it at once."""
        self.rows.append((what, value, unit, bound))
        print(f"{what}: {value:,.2f} {unit} (bound {bound:g})", flush=True)

    @property
    def all_met(self) -> bool:
        """Whether every figure is within its bound."""
        return all(value <= bound for _, value, _, bound in self.rows)

    def show(self) -> None:
        """The table."""
        table = Table("figure", "measured", "bound", "")
        for what, value, unit, bound in self.rows:
            met = "ok" if value <= bound else "MISSED"
            table.add_row(what, f"{value:,.2f} {unit}", f"{bound:g} {unit}", met)
        Console(width=110).print(table)
