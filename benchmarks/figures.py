"""What was measured, beside what it must be."""

from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table


@dataclass
class Figures:
    """Rows of a table; a figure is met when it is at most its bound, or at least its ``least``."""

    rows: list[tuple[str, str, str, str]] = field(default_factory=list)
    all_met: bool = True
    """Whether every figure is within its bound."""

    def add(
        self,
        what: str,
        value: float,
        unit: str,
        bound: float | None = None,
        *,
        least: float | None = None,
    ) -> None:
        """Notes a figure, and says it at once; one without a bound is only told."""
        measured, within, met = f"{value:,.2f} {unit}", "", ""
        if bound is not None or least is not None:
            good = value <= bound if bound is not None else value >= (least or 0)
            within = f"{bound:g} {unit}" if bound is not None else f"at least {least:g} {unit}"
            met = "ok" if good else "MISSED"
            self.all_met &= good
        self.rows.append((what, measured, within, met))
        print(f"{what}: {measured}" + (f" (bound {within})" if within else ""), flush=True)

    def show(self) -> None:
        """The table."""
        table = Table("figure", "measured", "bound", "")
        for row in self.rows:
            table.add_row(*row)
        Console(width=110).print(table)
