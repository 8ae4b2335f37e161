"""A figure whose cell output also reads where nothing draws plotly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import plotly.graph_objects as go

PLOTLY = "application/vnd.plotly.v1+json"


class FigureWithStill(go.Figure):  # type: ignore[misc]  # plotly ships no types
    """A plotly figure with a still image of itself beside it in the cell's output.

    Plotly leaves only its own mime type in a notebook. JupyterLab, Notebook 7 and VS Code
    draw that; GitHub and nbconvert's HTML show nothing, and here take the still instead.

    Args:
        figure: what to show.
        still: gives a mime bundle; called when a cell shows the figure.
    """

    def __init__(
        self,
        figure: object = None,
        still: Callable[[], Mapping[str, str]] = dict,
        **kwargs: Any,
    ) -> None:
        super().__init__(figure, **kwargs)
        self._still = still

    def _ipython_display_(self) -> None:
        from IPython.display import display

        bundle = self._repr_mimebundle_()
        if PLOTLY in bundle:
            display(bundle, raw=True)  # type: ignore[no-untyped-call]
        else:  # a terminal, where plotly opens a browser, or Colab, where it writes HTML
            super()._ipython_display_()

    def _repr_mimebundle_(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = dict(super()._repr_mimebundle_(*args, **kwargs))
        return {**self._still(), **bundle} if PLOTLY in bundle else bundle
