import plotly.graph_objects as go
import pytest

from nbsweep.analysis.importance import (
    METHODS,
    WORDING,
    Importance,
    PairImportance,
    ParameterImportance,
)
from nbsweep.plots.figures.importance import MAX_ROWS, collect_importance, draw_importance
from nbsweep.records import RunState


def row(name, importance=0.5, error=0.1, correlation=0.4, high=None, stands_out=True):
    correlation_error = None if correlation is None else 0.1
    return ParameterImportance(
        name, importance, error, correlation, correlation_error, high, stands_out
    )


def found(*rows, **fields):
    given = {
        "verdict": "It is so.",
        "metric": "loss",
        "n_runs": 40,
        "score": 0.8,
        "title": "digits",
    }
    return Importance(rows=rows, is_ranked=True, **{**given, **fields})


def words(figure):
    return [annotation.text for annotation in figure.layout.annotations]


def test_bars_of_both_panels_share_their_rows(make_sweep):
    data = collect_importance(make_sweep(30, [(RunState.CRASHED, None)]))
    figure = draw_importance(data)
    left, right = figure.data
    names = [label.strip() for label in figure.layout.yaxis.ticktext]
    assert names == [row.name for row in data.rows]
    assert names[0] == "learning_rate"
    assert left.x == tuple(row.importance for row in data.rows)
    assert right.x == tuple(row.correlation for row in data.rows if row.correlation is not None)
    assert (right.xaxis, left.y) == ("x2", (0, 1, 2, 3))
    assert data.verdict in figure.layout.title.text
    assert "1 run left out: 1 crashed" in words(figure)[0]


def test_error_bars_stay_between_nothing_and_all():
    figure = draw_importance(found(row("a", 0.95, 0.2), row("b", 0.05, 0.2)))
    bars = figure.data[0].error_x
    assert bars.array == pytest.approx((0.05, 0.2))
    assert bars.arrayminus == pytest.approx((0.2, 0.05))


def test_what_is_not_beyond_chance_is_pale():
    figure = draw_importance(
        found(row("a"), row("b", stands_out=False, correlation=0.15), row("c", correlation=-0.4))
    )
    left, right = (bars.marker.color for bars in figure.data)
    assert left[0] == left[2] != left[1]
    assert len(set(right)) == 3


def test_unordered_categories_say_that_they_have_no_correlation():
    figure = draw_importance(found(row("a"), row("model", correlation=None)))
    assert figure.data[1].y == (0,)
    assert "unordered categories" in words(figure)


def test_the_category_that_counts_as_high_is_named_on_the_free_side():
    figure = draw_importance(found(row("optimizer", correlation=-0.4, high="sgd <x>")))
    note = next(note for note in figure.layout.annotations if note.xref == "x2")
    assert (note.text, note.xanchor) == ("sgd &lt;x&gt;", "left")
    assert note.x > 0


def test_too_few_runs_are_words_in_place_of_an_empty_figure(make_sweep):
    figure = draw_importance(collect_importance(make_sweep(4)))
    assert len(figure.data) == 0
    assert words(figure) == [
        "Too few runs to tell what matters: 4 runs have a value of loss, 10 are needed."
    ]


def test_a_long_list_is_cut_and_says_so():
    figure = draw_importance(found(*(row(f"p{i}", 0.02) for i in range(MAX_ROWS + 3))))
    assert len(figure.data[0].x) == MAX_ROWS
    assert any("3 more parameters are not shown." in text for text in words(figure))


def test_constants_are_named():
    figure = draw_importance(found(row("a"), constants=("epochs", "seed")))
    assert any("Did not vary: epochs, seed." in text for text in words(figure))


def test_it_is_a_plain_figure_as_high_as_its_rows():
    low, high = (draw_importance(found(*(row(f"p{i}") for i in range(n)))) for n in (2, 12))
    assert type(low) is go.Figure
    assert high.layout.height - low.layout.height == 10 * 34


def test_below_the_bars_is_what_is_explained_and_what_is_left():
    figure = draw_importance(found(row("a", 1.0, 0.01), row("b", 0.0, 0.0), score=0.62))
    assert "of loss: 62 % explained, 38 % left" in words(figure)
    explained, left = figure.layout.shapes
    assert (explained.x0, explained.x1, left.x0, left.x1) == (0.0, 0.62, 0.62, 1.0)
    assert explained.y0 == left.y0 > 1.5  # below the second and last row
    low, _ = figure.layout.yaxis.range
    assert low > explained.y1


def test_a_forest_that_knows_nothing_explains_nothing():
    figure = draw_importance(Importance((row("a"),), "Nothing.", "loss", 40, score=-0.2))
    assert not figure.layout.shapes
    assert not any("explained" in text for text in words(figure))


def test_a_category_is_drawn_with_its_correlation_ratio_and_its_best_value():
    kind = row("model", correlation=None)._replace(correlation_ratio=0.45, best_value="resnet")
    figure = draw_importance(found(row("a"), kind, score=None))
    (bar,) = figure.layout.shapes
    assert (bar.xref, bar.x0, bar.x1) == ("x2", 0.0, 0.45)
    assert bar.y0 < 1 < bar.y1
    note = next(note for note in figure.layout.annotations if note.xref == "x2")
    assert (note.text, note.xanchor) == ("ratio 0.45, best resnet", "right")
    assert note.x < 0


def test_fanova_says_how_it_is_shared_and_who_acts_together():
    figure = draw_importance(
        found(
            row("a"),
            row("b"),
            method="fanova",
            pairs=(
                PairImportance(("a", "b"), 0.25, 0.04, stands_out=True),
                PairImportance(("a", "c"), 0.02, 0.04, stands_out=False),
            ),
            shared=(0.7, 0.25, 0.05),
        )
    )
    text = " ".join(" ".join(words(figure)).replace("<br>", " ").split())
    assert figure.layout.xaxis.title.text == "main effect (share)"
    assert "single parameters make 70 %, pairs 25 %, three and more at once 5 %." in text
    assert "Beyond what each does alone, these act together: a and b (0.25 ± 0.04)." in text


@pytest.mark.parametrize("method", [method for method in METHODS if method != "shap"])
def test_each_method_has_a_figure(make_sweep, method):
    data = collect_importance(make_sweep(40), method=method)
    figure = draw_importance(data)
    assert figure.layout.xaxis.title.text == WORDING[method].title
    assert figure.data[0].x == tuple(row.importance for row in data.rows)
