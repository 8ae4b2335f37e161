"""The importance of the parameters beside their correlation, as bars."""

from __future__ import annotations

from nbsweep.analysis.charts.axes import caption_of, metric_title
from nbsweep.analysis.charts.chart import Axis, Bars, Chart, Panel, Role, Rule, categories
from nbsweep.analysis.importance import Importance
from nbsweep.wording import plural

MAX_ROWS = 20
_ROW_PX = 26


def collect_ranking(found: Importance) -> Chart:
    """Bars of the shares with their errors, and of the correlations; words without a ranking."""
    metric = metric_title(found.metric or "")
    title = f"{found.title} · what decides {metric}" if found.metric else found.title
    if not found.is_ranked:
        return Chart("importance", title, empty=found.verdict, caption=found.left_out)
    rows = found.rows[:MAX_ROWS]
    names = categories("", [row.name for row in rows], is_reversed=True)
    at = tuple(float(k) for k in range(len(rows)))
    reach = max(min(1.0, row.importance + row.error) for row in rows)
    shares = Bars(
        at,
        (0.0,) * len(rows),
        tuple(row.importance for row in rows),
        roles=tuple[Role, ...]("model" if row.stands_out else "quiet" for row in rows),
        errors=tuple(row.error for row in rows),
        labels=tuple(f"{row.importance:.2f} ± {row.error:.2f}" for row in rows),
    )
    known = [(k, row.correlation) for k, row in enumerate(rows) if row.correlation is not None]
    correlations = Bars(
        tuple(float(k) for k, _ in known),
        (0.0,) * len(known),
        tuple(r for _, r in known),
        roles=tuple[Role, ...]("positive" if r >= 0 else "negative" for _, r in known) or ("run",),
        errors=tuple(rows[k].correlation_error or 0.0 for k, _ in known),
    )
    hidden = len(found.rows) - len(rows)
    return Chart(
        "importance",
        title,
        panels=(
            # Half of the width more than the longest bar, for the numbers beside the bars.
            Panel(Axis("importance (share)", 0.0, 1.5 * max(reach, 0.05)), names, (shares,)),
            Panel(
                Axis(f"correlation with {metric}", -1.0, 1.0),
                names,
                (Rule(0.0, is_vertical=True, is_dashed=False), correlations),
            ),
        ),
        subtitle=found.verdict,
        caption=caption_of(
            "± one standard error; grey bars are not beyond chance",
            f"{plural(hidden, 'more parameter')} not shown" if hidden else "",
            found.left_out,
        ),
        n_columns=2,
        height=_ROW_PX * len(rows) + 30,
        shares_y=True,
    )
