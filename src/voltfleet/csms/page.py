"""The page at ``/``: who is connected, in one self-contained HTML document."""

from html import escape
from typing import Any

from voltfleet.csms.views import Stats

PAGE_CHARGERS = 200
"""Chargers shown on the page; the API has the rest."""

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --dim: #777; --ok: #1a7f4b;
  --busy: #0b66c3; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --dim: #999; --ok: #57c98a; --busy: #6cb2f7;
  --bad: #ff8a80; } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0; }
p { color: var(--dim); margin: .3rem 0 1.2rem; }
dl { display: flex; flex-wrap: wrap; gap: .6rem; margin: 0 0 1.5rem; }
dl div { border: 1px solid var(--line); border-radius: .5rem; min-width: 7rem;
  padding: .5rem .9rem; }
dt { color: var(--dim); font-size: .8rem; }
dd { font-size: 1.35rem; font-variant-numeric: tabular-nums; margin: 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .4rem .6rem; text-align: left;
  vertical-align: top; white-space: nowrap; }
th { color: var(--dim); font-size: .8rem; font-weight: 600; }
td.number { text-align: right; }
tr.gone td { color: var(--dim); }
.tag { background: var(--soft); border-radius: .3rem; margin-right: .25rem; padding: 0 .35rem; }
.ok { color: var(--ok); } .busy { color: var(--busy); } .bad { color: var(--bad); }
"""

_TONES = {
    "Available": "ok",
    "Charging": "busy",
    "Occupied": "busy",
    "Preparing": "busy",
    "Finishing": "busy",
    "SuspendedEV": "busy",
    "SuspendedEVSE": "busy",
    "Faulted": "bad",
    "Accepted": "ok",
    "Rejected": "bad",
}

_COLUMNS = (
    "Charger",
    "OCPP",
    "Device",
    "Boot (UTC)",
    "Connectors",
    "Last message (UTC)",
    "Transactions",
    "Energy",
)


def render(stats: Stats, chargers: list[dict[str, Any]]) -> str:
    """The whole document. It loads nothing and runs nothing; it reads itself anew by itself."""
    rows = "".join(_row(charger) for charger in chargers)
    head = "".join(f"<th>{column}</th>" for column in _COLUMNS)
    nobody = "" if chargers else "<p>Nobody has connected yet.</p>"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{stats.connected} connected · Voltfleet demo CSMS</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>Voltfleet demo CSMS</h1>
<p>Point a charger at <code>ws://&lt;this address&gt;/&lt;anything&gt;/&lt;identity&gt;</code>.</p>
<dl>{_figures(stats)}</dl>
<p>{_shown(stats, len(chargers))}</p>
<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>
{nobody}
</body>
</html>
"""


def _figures(stats: Stats) -> str:
    figures = (
        ("Connected", f"{stats.connected:,}"),
        ("Booted", f"{stats.booted:,}"),
        ("Charging now", f"{stats.transactions_active:,}"),
        ("Transactions", f"{stats.transactions_total:,}"),
        ("Energy", _energy(stats.energy_wh)),
        ("Messages", f"{stats.messages_in:,}"),
        ("Messages/s", f"{stats.messages_per_second:,.0f}"),
        ("Problems", f"{stats.problems:,}"),
    )
    return "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in figures)


def _shown(stats: Stats, shown: int) -> str:
    if shown < stats.known:
        return f"The first {shown:,} of {stats.known:,}; all at <code>/api/chargers</code>."
    return "All that were here, the connected ones first; also at <code>/api/chargers</code>."


def _row(charger: dict[str, Any]) -> str:
    device = f"{charger['vendor']} {charger['model']}".strip()
    connectors = "".join(
        _tag(f"{_place(charger, c)} {c['status']}", c["status"]) for c in charger["connectors"]
    )
    booted = charger["booted_at"] or ""
    registration = charger["registration"] or "not yet"
    last = " ".join(filter(None, (charger["last_action"], _clock(charger["last_message_at"]))))
    transactions = f"{len(charger['transactions'])} now, {charger['transactions_total']} in all"
    kind = "" if charger["connected"] else ' class="gone"'
    return (
        f"<tr{kind}><td>{escape(charger['identity'])}</td>"
        f"<td>{escape(charger['ocpp_version'].removeprefix('OCPP'))}</td>"
        f"<td>{escape(device)}</td>"
        f"<td>{_tag(registration, registration)} {_clock(booted)}</td>"
        f"<td>{connectors}</td><td>{escape(last)}</td><td>{transactions}</td>"
        f'<td class="number">{_energy(charger["energy_wh"])}</td></tr>'
    )


def _place(charger: dict[str, Any], connector: dict[str, Any]) -> str:
    """1.6 has connectors only, and calls the station itself connector 0; later versions number the
    connectors of each EVSE."""
    if charger["ocpp_version"] == "OCPP1.6":
        return str(connector["connector_id"] or "station")
    return f"{connector['evse_id']}.{connector['connector_id']}"


def _tag(text: str, value: str) -> str:
    return f'<span class="tag {_TONES.get(value, "")}">{escape(text)}</span>'


def _clock(moment: str | None) -> str:
    """The time of day (UTC) in a timestamp."""
    return moment[11:19] if moment else ""


def _energy(watt_hours: float) -> str:
    return f"{watt_hours / 1000:,.2f} kWh"
