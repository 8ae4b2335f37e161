"""W&B's ready-made charts, ``wandb.plot``: a table, and the plotly figure drawn from it.

`log` keeps both: the table as JSON, the figure as plotly's JSON. The result of each
function is also a plotly figure in a cell (`.figure`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from nbsweep.errors import UsageError
from nbsweep.media.base import Keeper, Media, array
from nbsweep.media.table import Table

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = [
    "CustomChart",
    "bar",
    "confusion_matrix",
    "histogram",
    "line",
    "line_series",
    "plot_table",
    "pr_curve",
    "roc_curve",
    "scatter",
    "visualize",
]

MAX_POINTS_A_CURVE = 1000  # of ROC curves, as many pixels as a screen has


class CustomChart(Media):
    """A chart to log: its table and how it is drawn.

    Attributes:
        table: the data.
        title: of the chart.
        spec_name: W&B's name of the kind of chart.
        fields: what the chart shows → the column that holds it.
    """

    type_name: ClassVar[str] = "custom-chart"

    def __init__(
        self,
        table: Table,
        draw: Callable[[CustomChart], go.Figure],
        title: str,
        spec_name: str,
        fields: Mapping[str, Any],
    ) -> None:
        for column in fields.values():
            table.get_column(column)
        self.table = table
        self.title = title
        self.spec_name = spec_name
        self.fields = dict(fields)
        self._draw = draw

    @property
    def figure(self) -> go.Figure:
        """It as a plotly figure."""
        figure = self._draw(self)
        figure.update_layout(title_text=self.title or None, template="plotly_white")
        return figure

    def column(self, field: str) -> list[Any]:
        """The values of a field."""
        values: list[Any] = self.table.get_column(self.fields[field])
        return values

    def keep(self, keeper: Keeper) -> dict[str, Any]:
        """Write table and figure."""
        figure = keeper.keep("plotly", ".plotly.json", self.figure.to_json().encode())
        table = self.table.keep(keeper)
        return {
            "_type": self.type_name,
            **figure,
            "title": self.title,
            "spec": self.spec_name,
            "fields": self.fields,
            "table": table,
        }

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return self.figure._repr_mimebundle_(**kwargs)


def line(
    table: Any,
    x: str,
    y: str,
    stroke: str | None = None,
    title: str = "",
    split_table: bool = False,
) -> CustomChart:
    """A line of column `y` over column `x`, one for each value of column `stroke`.

    Args:
        table: Table or data frame; so in the other functions.
        x: column.
        y: column.
        stroke: column, or None for one line.
        title: of the chart.
        split_table: W&B's, ignored.
    """
    del split_table
    fields = {"x": x, "y": y, **({"stroke": stroke} if stroke else {})}
    return CustomChart(_table(table), _lines, title, "wandb/line/v0", fields)


def scatter(table: Any, x: str, y: str, title: str = "", split_table: bool = False) -> CustomChart:
    """Points of column `y` over column `x`."""
    del split_table
    return CustomChart(_table(table), _points, title, "wandb/scatter/v0", {"x": x, "y": y})


def bar(
    table: Any, label: str, value: str, title: str = "", split_table: bool = False
) -> CustomChart:
    """A bar a row, its length from column `value`."""
    del split_table
    fields = {"label": label, "value": value}
    return CustomChart(_table(table), _bars, title, "wandb/bar/v0", fields)


def histogram(table: Any, value: str, title: str = "", split_table: bool = False) -> CustomChart:
    """How often the values of a column come up."""
    del split_table
    return CustomChart(_table(table), _counts, title, "wandb/histogram/v0", {"value": value})


def line_series(
    xs: Any,
    ys: Any,
    keys: Sequence[Any] | None = None,
    title: str = "",
    xname: str = "x",
    split_table: bool = False,
) -> CustomChart:
    """Several lines.

    Args:
        xs: one list for all lines, or a list for each.
        ys: a list for each line.
        keys: names of the lines.
        title: of the chart.
        xname: label of the x axis.
        split_table: W&B's, ignored.

    Raises:
        UsageError: the lists do not fit each other.
    """
    del split_table
    lines = [list(line) for line in ys]
    xs = list(xs)
    if not xs or not hasattr(xs[0], "__iter__") or isinstance(xs[0], str):
        xs = [xs] * len(lines)
    names = list(keys) if keys is not None else [f"key_{number}" for number in range(len(lines))]
    if not len(xs) == len(lines) == len(names):
        raise UsageError(
            f"line_series: {len(xs)} lists of x, {len(lines)} of y and {len(names)} keys; give as "
            "many of each."
        )
    rows = []
    for name, x, y in zip(names, xs, lines, strict=True):
        if len(list(x)) != len(y):
            raise UsageError(f"line_series: line {name!r} has {len(list(x))} x and {len(y)} y.")
        rows += [[step, name, value] for step, value in zip(x, y, strict=True)]
    fields = {"step": "step", "lineKey": "lineKey", "lineVal": "lineVal"}
    table = Table(columns=list(fields), data=rows)

    def draw(chart: CustomChart) -> go.Figure:
        figure = _line_groups(chart, "step", "lineVal", "lineKey")
        figure.update_layout(xaxis_title=xname, yaxis_title="")
        return figure

    return CustomChart(table, draw, title, "wandb/lineseries/v0", fields)


def confusion_matrix(
    probs: Any = None,
    y_true: Any = None,
    preds: Any = None,
    class_names: Sequence[str] | None = None,
    title: str = "Confusion Matrix Curve",
    split_table: bool = False,
) -> CustomChart:
    """How often each class was taken for each class.

    Args:
        probs: probabilities of shape (n, classes); or `preds`.
        y_true: the true classes, n of them.
        preds: the predicted classes, n of them.
        class_names: names of the classes in the order of their numbers.
        title: of the chart.
        split_table: W&B's, ignored.

    Raises:
        UsageError: both of `probs` and `preds`, neither, or lists that do not fit.
    """
    del split_table
    if (probs is None) == (preds is None) or y_true is None:
        raise UsageError("confusion_matrix: give y_true, and either probs or preds.")
    predicted = array(probs).argmax(axis=1).tolist() if probs is not None else _list(preds)
    true = _list(y_true)
    if len(predicted) != len(true):
        raise UsageError(f"confusion_matrix: {len(predicted)} predictions for {len(true)} truths.")
    if class_names is not None:
        classes: list[Any] = list(range(len(class_names)))
        if set(true) | set(predicted) <= set(class_names) and not set(true) <= set(classes):
            classes = list(class_names)  # given by name
        names = [str(name) for name in class_names]
    else:
        classes = sorted(set(true) | set(predicted))
        names = [f"Class_{number + 1}" for number in range(len(classes))]
    unknown = (set(true) | set(predicted)) - set(classes)
    if unknown:
        raise UsageError(
            f"confusion_matrix: class {sorted(unknown, key=repr)[0]!r} has no name: there are "
            f"{len(names)} class_names, for the classes 0 to {len(names) - 1}."
        )
    counts = {(a, b): 0 for a in classes for b in classes}
    for pair in zip(true, predicted, strict=True):
        counts[pair] += 1
    rows = [
        [names[i], names[j], counts[a, b]]
        for i, a in enumerate(classes)
        for j, b in enumerate(classes)
    ]
    fields = {name: name for name in ("Actual", "Predicted", "nPredictions")}
    table = Table(columns=list(fields), data=rows)
    return CustomChart(table, _matrix, title, "wandb/confusion_matrix/v1", fields)


def roc_curve(
    y_true: Any = None,
    y_probas: Any = None,
    labels: Sequence[str] | None = None,
    classes_to_plot: Sequence[Any] | None = None,
    title: str = "ROC Curve",
    split_table: bool = False,
) -> CustomChart:
    """True against false positives at every threshold, a curve a class.

    Args:
        y_true: the true classes, n of them.
        y_probas: probabilities of shape (n, classes).
        labels: names of the classes.
        classes_to_plot: only these.
        title: of the chart.
        split_table: W&B's, ignored.
    """
    del split_table
    import numpy as np
    from sklearn.metrics import roc_curve as curve

    rows = []
    for name, hit, score in _one_against_rest(y_true, y_probas, labels, classes_to_plot):
        false, true, _ = curve(hit, score)
        chosen = np.unique(np.linspace(0, len(false) - 1, MAX_POINTS_A_CURVE).astype(int))
        rows += [[name, round(float(false[i]), 3), round(float(true[i]), 3)] for i in chosen]
    table = Table(columns=["class", "fpr", "tpr"], data=rows)
    fields = {"x": "fpr", "y": "tpr", "class": "class"}

    def draw(chart: CustomChart) -> go.Figure:
        figure = _line_groups(chart, "x", "y", "class")
        figure.add_shape(type="line", x0=0, y0=0, x1=1, y1=1, line={"dash": "dot", "color": "gray"})
        figure.update_layout(xaxis_title="False positive rate", yaxis_title="True positive rate")
        return figure

    return CustomChart(table, draw, title, "wandb/area-under-curve/v0", fields)


def pr_curve(
    y_true: Any = None,
    y_probas: Any = None,
    labels: Sequence[str] | None = None,
    classes_to_plot: Sequence[Any] | None = None,
    interp_size: int = 21,
    title: str = "Precision-Recall Curve",
    split_table: bool = False,
) -> CustomChart:
    """Precision at evenly spaced recalls, a curve a class; see `roc_curve`."""
    del split_table
    import numpy as np
    from sklearn.metrics import precision_recall_curve

    rows = []
    recalls = np.linspace(0, 1, interp_size)[::-1]
    for name, hit, score in _one_against_rest(y_true, y_probas, labels, classes_to_plot):
        precision, recall, _ = precision_recall_curve(hit, score)
        at = np.searchsorted(recall[::-1], recalls)  # the best threshold with that recall
        values = np.maximum.accumulate(precision)[::-1][at.clip(0, len(precision) - 1)]
        rows += [
            [name, round(float(p), 3), round(float(r), 3)]
            for p, r in zip(values, recalls, strict=True)
        ]
    table = Table(columns=["class", "precision", "recall"], data=rows)
    fields = {"x": "recall", "y": "precision", "class": "class"}

    def draw(chart: CustomChart) -> go.Figure:
        figure = _line_groups(chart, "x", "y", "class")
        figure.update_layout(xaxis_title="Recall", yaxis_title="Precision")
        return figure

    return CustomChart(table, draw, title, "wandb/area-under-curve/v0", fields)


def plot_table(
    vega_spec_name: str,
    data_table: Any,
    fields: Mapping[str, Any],
    string_fields: Mapping[str, Any] | None = None,
    split_table: bool = False,
) -> CustomChart:
    """A custom chart of a table.

    W&B's specs live on its server. Those of the functions above are drawn as they do;
    others as points of field "y" over "x", or else of the first two fields.

    Args:
        vega_spec_name: W&B's name of the spec, such as "wandb/line/v0".
        data_table: Table or data frame.
        fields: what the chart shows → the column that holds it.
        string_fields: texts of the chart; its "title".
        split_table: W&B's, ignored.
    """
    del split_table
    kind = vega_spec_name.split("/")[1] if vega_spec_name.startswith("wandb/") else ""
    draw, needed = _SPECS.get(kind, (_points, ("x", "y")))
    columns = dict(fields)
    if not set(needed) <= set(columns):
        draw, columns = _points, {**dict(zip(("x", "y"), fields.values(), strict=False)), **columns}
    title = str((string_fields or {}).get("title", ""))
    return CustomChart(_table(data_table), draw, title, vega_spec_name, columns)


def visualize(id: str, value: Any) -> CustomChart:  # noqa: A002 - W&B's name
    """Old form of `plot_table`: all columns are fields of their own names."""
    table = _table(value)
    return plot_table(id, table, {str(name): name for name in table.columns})


def _table(data: Any) -> Table:
    return data if isinstance(data, Table) else Table(data=data)


def _list(values: Any) -> list[Any]:
    items: list[Any] = array(values).tolist() if hasattr(values, "shape") else list(values)
    return items


def _one_against_rest(
    y_true: Any, y_probas: Any, labels: Sequence[str] | None, classes: Sequence[Any] | None
) -> list[tuple[str, Any, Any]]:
    """Name of each class, where it is true, and its probabilities."""
    import numpy as np

    if y_true is None or y_probas is None:
        raise UsageError("Give y_true, and y_probas of shape (n, classes).")
    true, probas = array(y_true).reshape(-1), array(y_probas)
    known = np.unique(true)
    if probas.ndim == 1:
        probas = np.stack([1 - probas, probas], axis=1)
    if len(probas) != len(true):
        raise UsageError(f"{len(probas)} rows of y_probas for {len(true)} values of y_true.")
    if len(known) != probas.shape[1]:  # a class that never comes up is known by its number
        known = np.arange(probas.shape[1])
    curves = []
    for number, value in enumerate(known):
        hit = true == value
        if (classes is None or value in classes) and hit.any():
            at = int(value) if isinstance(value, np.integer) else number
            name = str(labels[at]) if labels is not None else str(value)
            curves.append((name, hit, probas[:, number]))
    return curves


def _figure() -> go.Figure:
    import plotly.graph_objects as go

    return go.Figure()


def _line_groups(chart: CustomChart, x: str, y: str, group: str) -> go.Figure:
    figure = _figure()
    lines: dict[str, tuple[list[Any], list[Any]]] = {}
    rows = zip(chart.column(group), chart.column(x), chart.column(y), strict=True)
    for name, at, value in rows:
        xs, ys = lines.setdefault(str(name), ([], []))
        xs.append(at)
        ys.append(value)
    for name, (xs, ys) in lines.items():
        figure.add_scatter(x=xs, y=ys, mode="lines", name=name)
    figure.update_layout(xaxis_title=str(chart.fields[x]), yaxis_title=str(chart.fields[y]))
    return figure


def _lines(chart: CustomChart) -> go.Figure:
    if "stroke" in chart.fields:
        return _line_groups(chart, "x", "y", "stroke")
    figure = _figure()
    order = sorted(zip(chart.column("x"), chart.column("y"), strict=True), key=lambda row: row[0])
    figure.add_scatter(x=[x for x, _ in order], y=[y for _, y in order], mode="lines")
    return _named(figure, chart)


def _points(chart: CustomChart) -> go.Figure:
    figure = _figure()
    figure.add_scatter(x=chart.column("x"), y=chart.column("y"), mode="markers")
    return _named(figure, chart)


def _bars(chart: CustomChart) -> go.Figure:
    figure = _figure()
    labels, values = chart.column("label"), chart.column("value")
    figure.add_bar(x=values, y=[str(label) for label in labels], orientation="h")
    figure.update_layout(xaxis_title=str(chart.fields["value"]), yaxis_autorange="reversed")
    return figure


def _counts(chart: CustomChart) -> go.Figure:
    figure = _figure()
    figure.add_histogram(x=chart.column("value"))
    figure.update_layout(xaxis_title=str(chart.fields["value"]), yaxis_title="count")
    return figure


def _matrix(chart: CustomChart) -> go.Figure:
    figure = _figure()
    values = chart.column("nPredictions")
    figure.add_heatmap(
        x=chart.column("Predicted"),
        y=chart.column("Actual"),
        z=values,
        text=values,
        texttemplate="%{text}",
        colorscale="Blues",
    )
    figure.update_layout(xaxis_title="Predicted", yaxis_title="Actual", yaxis_autorange="reversed")
    return figure


def _named(figure: go.Figure, chart: CustomChart) -> go.Figure:
    x, y = str(chart.fields["x"]), str(chart.fields["y"])
    figure.update_layout(xaxis_title=x, yaxis_title=y)
    return figure


_SPECS: dict[str, tuple[Callable[[CustomChart], Any], tuple[str, ...]]] = {
    "line": (_lines, ("x", "y")),
    "scatter": (_points, ("x", "y")),
    "bar": (_bars, ("label", "value")),
    "histogram": (_counts, ("value",)),
    "lineseries": (lambda c: _line_groups(c, "step", "lineVal", "lineKey"), ("step", "lineKey")),
    "area-under-curve": (lambda c: _line_groups(c, "x", "y", "class"), ("x", "y", "class")),
    "confusion_matrix": (_matrix, ("Actual", "Predicted", "nPredictions")),
}
