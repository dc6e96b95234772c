"""The terminal is told who comes and goes, and never drowned."""

from voltfleet.csms.narrator import LINES_PER_SECOND, Narrator


def test_a_line_each_when_few_come_and_go() -> None:
    lines: list[str] = []
    narrator = Narrator(lines.append)
    narrator.connected("CP-1", "OCPP1.6")
    narrator.problem("CP-1", "nonsense")
    narrator.disconnected("CP-1", "connection lost")
    narrator.every_second(0)
    assert lines == [
        "+ CP-1 connected (OCPP1.6)",
        "! CP-1: nonsense",
        "- CP-1 disconnected (connection lost)",
    ]


def test_a_summary_when_thousands_do() -> None:
    lines: list[str] = []
    narrator = Narrator(lines.append)
    for n in range(5000):
        narrator.connected(f"CP-{n}", "OCPP1.6")
    narrator.disconnected("CP-1", "")
    narrator.every_second(4999)
    assert len(lines) == LINES_PER_SECOND + 1
    assert (
        lines[-1]
        == f"  and {5000 - LINES_PER_SECOND} connected, 1 disconnected; 4999 connected now"
    )
    narrator.connected("CP-1", "OCPP1.6")
    assert len(lines) == LINES_PER_SECOND + 2


def test_a_terminal_is_not_commanded_by_strangers() -> None:
    lines: list[str] = []
    Narrator(lines.append).connected("\x1b[2J", "OCPP1.6")
    assert lines == ["+ ?[2J connected (OCPP1.6)"]


def test_nobody_listens() -> None:
    narrator = Narrator(None)
    for _ in range(100):
        narrator.connected("CP-1", "OCPP1.6")
    narrator.every_second(1)
