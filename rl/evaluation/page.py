"""An evaluation as a page that stands alone: tables, plots, and what the figures stand on."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from . import plots
from .notes import how_to_read
from .tables import TIERS, Table, tables

_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff;
       max-width: 82rem; margin: 2rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.85rem; }
th, td { border-bottom: 1px solid #ddd; padding: 0.35rem 0.45rem; text-align: right;
         vertical-align: top; }
th { background: #f4f4f4; } th:first-child, td:first-child { text-align: left; }
td { white-space: nowrap; }
.panels { display: flex; flex-wrap: wrap; gap: 0.3rem; }
.key { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 0.4rem 1.4rem; }
.notes li { margin: 0.3rem 0; } code { font-size: 0.85em; overflow-wrap: anywhere; }
"""


def page(evaluation: Mapping[str, Any]) -> str:
    """The page as HTML; it loads nothing, and runs nothing."""
    systems = evaluation["systems"]
    panels = [plots.precision_recall(systems)]
    panels += [plots.reliability(tier, systems) for tier in TIERS]
    parts = [
        "<h1>Judges on held-out labels</h1>",
        _list(evaluation["notes"]),
        *(_table(table) for table in tables(evaluation)),
        "<h2>Curves</h2>",
        plots.key(systems),
        f'<div class="panels">{"".join(panels)}</div>',
        "<h2>How to read this</h2>",
        _list(how_to_read(evaluation)),
        "<h2>Made from</h2>",
        _made_from(evaluation),
    ]
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>Judges on held-out labels</title><style>{_STYLE}</style></head>\n"
        f"<body>\n{body}\n</body></html>\n"
    )


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.head)
    rows = "\n".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in table.rows)
    return (
        f'<h2>{escape(table.title)}</h2>\n<div class="wide"><table><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody></table></div>"
    )


def _cell(text: str) -> str:
    """A cell, with an interval on a line of its own."""
    value, bracket, interval = text.partition(" (")
    below = f"<br>{escape(bracket.strip() + interval)}" if bracket and text.endswith(")") else ""
    return f"<td>{escape(value if below else text)}{below}</td>"


def _list(texts: Sequence[str]) -> str:
    items = "\n".join(f"<li>{escape(text)}</li>" for text in texts)
    return f'<ul class="notes">\n{items}\n</ul>'


def _made_from(evaluation: Mapping[str, Any]) -> str:
    rows = [
        ("manifest of the bundle (SHA-256)", evaluation["bundle"]),
        ("template of the criterion turn (SHA-256)", evaluation["template"]),
        *((f"{one['name']} {one['version']}", one["hash"]) for one in evaluation["rubrics"]),
    ]
    body = "\n".join(
        f"<tr><td>{escape(name)}</td><td><code>{escape(value)}</code></td></tr>"
        for name, value in rows
    )
    return f'<div class="wide"><table><tbody>\n{body}\n</tbody></table></div>'
