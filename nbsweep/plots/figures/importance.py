"""Importance of the parameters beside their correlation with the metric."""

from __future__ import annotations

import plotly.graph_objects as go

from nbsweep.analysis.importance import (
    WORDING,
    Importance,
    ParameterImportance,
    association_text,
)
from nbsweep.analysis.importance import importance as collect_importance
from nbsweep.analysis.ticks import shorten
from nbsweep.plots import theme

__all__ = ["collect_importance", "draw_importance"]

# A longer list is cut, and the caption says so.
MAX_ROWS = 20
_ROW_PX = 34
_NAME_WIDTH = 32
# A bar that ends beyond leaves no room for its number, which is then written into it.
_MAX_END = 0.85
# The left panel, the gap and the right one, in shares of the width.
_LEFT, _RIGHT = (0.0, 0.56), (0.62, 1.0)


def draw_importance(data: Importance) -> go.Figure:
    """Two panels of bars that share their rows; words instead when there are no rows."""
    subject = f"what decides {data.metric}" if data.metric else "importance"
    rows = data.rows[:MAX_ROWS]
    figure = theme.new_figure(
        f"{data.title} · {subject}" if data.title else subject,
        height=_ROW_PX * len(rows) + 20,
        subtitle=data.verdict if rows else "",
        captions=_captions(data) if rows else [data.left_out],
    )
    if not rows:
        return theme.say_instead(figure, data.verdict)
    _add_importance(figure, rows, data.is_ranked)
    _add_correlation(figure, rows)
    strip = _add_strip(figure, data, len(rows)) if data.is_ranked else 0.0
    names = shorten([row.name for row in rows], _NAME_WIDTH)
    figure.update_layout(showlegend=False, bargap=0.35)
    figure.update_layout(
        xaxis={
            "domain": _LEFT,
            "title": {"text": WORDING[data.method].title, "standoff": 8},
            "range": [0, 1.02],
            "gridcolor": theme.GRID,
            "zeroline": False,
            "side": "top",
        },
        xaxis2={
            "domain": _RIGHT,
            "title": {"text": f"correlation with {theme.text(data.metric or '')}", "standoff": 8},
            "range": [-1.08, 1.08],
            "tickvals": [-1, -0.5, 0, 0.5, 1],
            "gridcolor": theme.GRID,
            "zerolinecolor": theme.FAINT,
            "side": "top",
            "anchor": "y",
        },
        yaxis={
            "tickvals": list(range(len(rows))),
            # plotly puts no room between the names and the bars.
            "ticktext": [theme.text(name) + "\u00a0\u00a0" for name in names],
            "range": [len(rows) - 0.5 + strip, -0.5],
            "automargin": True,
            "showgrid": False,
            "zeroline": False,
        },
    )
    # The axes stand on top, between the words and the bars.
    figure.layout.margin.t += 32
    figure.layout.height += 32 + round(strip * _ROW_PX)
    return figure


def _add_importance(
    figure: go.Figure, rows: tuple[ParameterImportance, ...], is_ranked: bool
) -> None:
    figure.add_trace(
        go.Bar(
            orientation="h",
            x=[row.importance for row in rows],
            y=list(range(len(rows))),
            # What does not stand out is drawn as what it may be: nothing.
            marker={
                "color": [
                    theme.BLUE if is_ranked and row.stands_out else theme.PALE_BLUE for row in rows
                ]
            },
            error_x={
                "type": "data",
                "array": [min(row.error, 1.0 - row.importance) for row in rows],
                "arrayminus": [min(row.error, row.importance) for row in rows],
                "color": theme.INK,
                "thickness": 1.2,
                "width": 4,
            },
            customdata=[[theme.text(row.name), _plus_minus(row)] for row in rows],
            hovertemplate="<b>%{customdata[0]}</b><br>importance %{customdata[1]}<extra></extra>",
        )
    )
    for place, row in enumerate(rows):
        end = row.importance + row.error
        is_inside = end > _MAX_END
        figure.add_annotation(
            text=_plus_minus(row),
            xref="x",
            yref="y",
            x=0.01 if is_inside else end + 0.015,
            y=place,
            xanchor="left",
            showarrow=False,
            font={"size": 11, "color": "white" if is_inside and row.stands_out else theme.QUIET},
        )


def _add_strip(figure: go.Figure, data: Importance, n: int) -> float:
    """Below the bars, as one strip, what is explained and what is left; rows that it takes."""
    if data.explained is None or data.left is None:
        return 0.0
    top, bottom = n - 0.05, n + 0.3
    for start, end, colour in (
        (0.0, data.explained, theme.QUIET),
        (data.explained, 1.0, theme.FAINT),
    ):
        figure.add_shape(
            type="rect", xref="x", yref="y", x0=start, x1=end, y0=top, y1=bottom,
            fillcolor=colour, line={"width": 0},
        )  # fmt: skip
    figure.add_annotation(
        text=f"of {theme.text(data.metric or '')}: {100 * data.explained:.0f} % explained, "
        f"{100 * data.left:.0f} % left",
        xref="x",
        yref="y",
        x=0.0,
        y=bottom + 0.28,
        xanchor="left",
        showarrow=False,
        font={"size": 11, "color": theme.QUIET},
    )
    return 1.2


def _plus_minus(row: ParameterImportance) -> str:
    return f"{row.importance:.2f} ± {row.error:.2f}"


def _add_correlation(figure: go.Figure, rows: tuple[ParameterImportance, ...]) -> None:
    known = [
        (place, row, row.correlation)
        for place, row in enumerate(rows)
        if row.correlation is not None
    ]
    figure.add_trace(
        go.Bar(
            orientation="h",
            xaxis="x2",
            x=[r for _, _, r in known],
            y=[place for place, _, _ in known],
            marker={"color": [_colour(r, row.correlation_error) for _, row, r in known]},
            error_x={
                "type": "data",
                "array": [row.correlation_error or 0.0 for _, row, _ in known],
                "color": theme.INK,
                "thickness": 1.2,
                "width": 4,
            },
            customdata=[
                [
                    theme.text(row.name),
                    f"{r:+.2f} ± {row.correlation_error or 0.0:.2f}",
                    theme.text(f", higher = {row.high_value}" if row.high_value else ""),
                ]
                for _, row, r in known
            ],
            hovertemplate=(
                "<b>%{customdata[0]}</b><br>"
                "correlation %{customdata[1]}%{customdata[2]}<extra></extra>"
            ),
        )
    )
    for place, row in enumerate(rows):
        note = row.high_value
        if row.correlation is None:
            note = association_text(row) or "unordered categories"
            _add_ratio(figure, place, row)
        if note is None:
            continue
        r, error = row.correlation or 0.0, row.correlation_error or 0.0
        if row.correlation_ratio is not None:
            # Left of zero, where a ratio, which has no sign, never is.
            r, error = 1.0, 0.0
        # Beside the zero line, on the side that has no bar, clear of the error bar.
        distance = max(0.0, error - abs(r)) + 0.03
        figure.add_annotation(
            text=theme.text(shorten([note], 24)[0]),
            xref="x2",
            yref="y",
            x=-distance if r > 0 else distance,
            y=place,
            xanchor="right" if r > 0 else "left",
            showarrow=False,
            font={"size": 11, "color": theme.QUIET},
        )


def _add_ratio(figure: go.Figure, place: int, row: ParameterImportance) -> None:
    """The correlation ratio of unordered categories as a bar with no colour of a sign."""
    if row.correlation_ratio is not None:
        figure.add_shape(
            type="rect", xref="x2", yref="y", x0=0.0, x1=row.correlation_ratio,
            y0=place - 0.325, y1=place + 0.325, fillcolor=theme.FAINT, line={"width": 0},
        )  # fmt: skip


def _colour(r: float, error: float | None) -> str:
    """By sign; pale when 0 is within two standard errors."""
    is_sure = abs(r) > 2 * (error or 0.0)
    if r >= 0:
        return theme.BLUE if is_sure else theme.PALE_BLUE
    return theme.ORANGE if is_sure else theme.PALE_ORANGE


def _captions(data: Importance) -> list[str]:
    """What the bars mean, and what is not among them."""
    meaning = WORDING[data.method].meaning.format(metric=data.metric)
    if data.score is not None:
        kind = "R² of runs left out" if data.method in ("pearson", "spearman") else "out-of-bag R²"
        meaning += f" ({kind} {data.score:.2f})"
    key = "Pale bars are not beyond chance."
    if any(row.high_value for row in data.rows):
        key += " Beside a correlation of two categories: the one that counts as high."
    if any(row.correlation_ratio is not None for row in data.rows):
        key += " Grey: the correlation ratio of categories, which has no sign."
    captions = [f"{meaning}; ± one bootstrap standard error.", key, *_more(data)]
    if len(data.rows) > MAX_ROWS:
        captions.append(f"{len(data.rows) - MAX_ROWS} more parameters are not shown.")
    if data.constants:
        captions.append(f"Did not vary: {', '.join(data.constants)}.")
    return [*captions, data.left_out]


def _more(data: Importance) -> list[str]:
    """How parameters share, which act together, and which only some runs have."""
    pairs = [
        f"{' and '.join(pair.names)} ({pair.importance:.2f} ± {pair.error:.2f})"
        for pair in data.pairs
        if pair.stands_out
    ]
    together = f"Beyond what each does alone, these act together: {', '.join(pairs)}."
    explained = data.explained_text() if data.is_ranked and data.shared else ""
    return [*filter(None, [explained, together if pairs else ""]), *data.notes]
