"""A new distribution is one class: what the rest of the package asks of it is inherited."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from nbsweep.analysis.frame import frame
from nbsweep.records import RunRecord, Snapshot, SweepRecord
from nbsweep.search import optuna_search
from nbsweep.search.encoding import Encoding
from nbsweep.space.continuous import Continuous
from nbsweep.space.search_space import Constant, Parameter, SearchSpace, Uniform
from nbsweep.sweep_config import Metric, SweepConfig
from nbsweep.sweep_config.narrowing import ranges_around
from nbsweep.sweep_config.points import read_point
from nbsweep.sweep_config.reader import Reader


@dataclass(frozen=True)
class Triangular(Continuous):
    """Between 0 and `top`, the likelier the higher: F(v) = (v / top)²."""

    top: float
    q: float | None = None
    _family: ClassVar[str] = "triangular"

    @property
    def limits(self):
        return 0.0, self.top

    def _ppf(self, u):
        return self.top * math.sqrt(u)

    def _cdf(self, v):
        return (v / self.top) ** 2


SPACE = SearchSpace.of({("x",): Triangular(4.0), ("n",): Triangular(4.0, 1.0)})
CONFIG = SweepConfig("bayes", SPACE, Metric("loss"))


def test_it_says_its_spec_words_and_axis():
    law = Triangular(4.0, 0.5)
    assert law.spec == {"distribution": "q_triangular", "top": 4.0, "q": 0.5}
    assert law.words == "triangular, top 4 in steps of 0.5"
    assert law.requirement == "a multiple of 0.5 from 0 to 4 is needed"
    assert law.axis_kind == "linear"
    assert law.why_no_grid.startswith(
        'method "grid" cannot run all values of distribution "q_triang'
    )


def test_it_can_be_narrowed():
    assert Triangular(4.0).narrowed((1, 2)) == Uniform(1.0, 2.0)
    assert Triangular(4.0, 1.0).narrowed((0.5, 3.4)) == Uniform(1.0, 3.0, 1.0)
    assert Triangular(4.0, 1.0).narrowed((0.5, 1.5)) == Constant(1.0)
    assert ranges_around(CONFIG, [{"x": 1.0}, {"x": 2.0}]) == {"x": (0.9, 2.1)}


def test_a_point_is_checked_against_it():
    reader = Reader()
    assert read_point(reader, ("params",), SPACE, {"x": 5.0}) is None
    assert [str(problem) for problem in reader.problems] == [
        "params.x: found 5.0; a number from 0 to 4 is needed."
    ]


def test_it_can_be_searched():
    encoding = Encoding(SPACE)
    params = encoding.decode(encoding.sample(1, np.random.default_rng(0))[0])
    assert SPACE.contains(params)


def test_optuna_sees_its_probability():
    axis = optuna_search._Axis.of(Parameter(("x",), "x", Triangular(4.0)))
    assert axis.by_probability
    assert axis.natural(0.25) == pytest.approx(2.0)


def test_its_axis_in_a_plot_has_its_ends():
    params = {"x": 1.0, "n": 2}
    run = RunRecord(id="r", project="p", sweep_id="s", number=1, name="r", params=params)
    sweep = SweepRecord(id="s", project="p", name="s", config={}, seed=1)
    snapshot = Snapshot(sweep=sweep, runs=(run,), curves={}, version=1, taken_at=0.0)
    n, x = frame(snapshot, CONFIG).params
    assert (x.kind, x.low, x.high, x.marks) == ("linear", 0.0, 4.0, ())
    assert (n.kind, n.low, n.high, n.marks) == ("linear", 0.0, 4.0, (0.0, 1.0, 2.0, 3.0, 4.0))
