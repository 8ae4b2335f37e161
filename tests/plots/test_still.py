"""Figures that leave a still image beside plotly's own mime type."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from typing import Any

import plotly.graph_objects as go
import plotly.io as pio
import pytest

from nbsweep.plots.still import PLOTLY, FigureWithStill

STILL = {"text/html": "<img>", "text/plain": "a bar"}


@pytest.fixture
def renderer() -> Iterator[Any]:
    before = pio.renderers.default
    yield pio.renderers
    pio.renderers.default = before


@pytest.fixture
def figure() -> FigureWithStill:
    return FigureWithStill(go.Figure(go.Bar(y=[1, 2])), lambda: STILL)


def test_a_notebook_gets_the_figure_and_its_still(renderer: Any, figure: FigureWithStill) -> None:
    renderer.default = "plotly_mimetype"
    bundle = figure._repr_mimebundle_()
    assert bundle[PLOTLY]["data"][0]["y"] == [1, 2]
    assert {key: bundle[key] for key in STILL} == STILL


def test_a_renderer_that_writes_html_keeps_its_own(renderer: Any, figure: FigureWithStill) -> None:
    renderer.default = "colab"
    assert "<img>" not in figure._repr_mimebundle_()["text/html"]


def test_displaying_publishes_the_whole_bundle(
    renderer: Any, figure: FigureWithStill, monkeypatch: pytest.MonkeyPatch
) -> None:
    renderer.default = "plotly_mimetype"
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle))
    figure._ipython_display_()
    assert [sorted(bundle) for bundle in shown] == [sorted([PLOTLY, *STILL])]


def test_it_stays_a_figure_to_change_copy_and_pickle(figure: FigureWithStill) -> None:
    figure.update_layout(title="ours")
    for twin in (copy.deepcopy(figure), pickle.loads(pickle.dumps(figure))):
        assert isinstance(twin, go.Figure)
        assert twin.to_dict() == figure.to_dict()
