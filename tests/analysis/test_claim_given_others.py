"""What is left of a claim with all other parameters alike."""

import math

import numpy as np
import pytest

from nbsweep.analysis import claim_given_others
from nbsweep.analysis.claim_features import features, ranks
from nbsweep.analysis.claim_given_others import LANDMARKS, given_others, pair_given_others
from nbsweep.analysis.claim_tests import unit

SPACE = {
    "lr": {"distribution": "log_uniform_values", "min": 1e-5, "max": 1.0},
    "width": {"min": 0.0, "max": 1.0},
    "kind": {"values": ["a", "b", "c"]},
}


def runs(n, seed=0, along=0.0):
    """Params, width going along with lr as far as `along` says."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(n):
        u = rng.random()
        width = along * u + (1 - along) * rng.random()
        kind = str(rng.choice(["a", "b", "c"]))
        rows.append({"lr": float(10 ** (5 * u - 5)), "width": float(width), "kind": kind})
    return rows, rng


def bowl(row):
    return (math.log10(row["lr"]) + 2) ** 2


@pytest.fixture
def found_in(make_frame):
    """Features of some runs, and the index of the trend of each numeric parameter."""

    def make(rows, values, space=SPACE):
        frame = make_frame(space, rows, values)
        found = features(frame.params, frame.counted)
        names = [column.name for column in frame.params]
        trends = {names[part.k]: j for j, part in enumerate(found.parts) if part.shape == "trend"}
        return found, trends, names

    return make


def test_what_only_goes_along_has_nothing_left_and_what_acts_has_all(found_in):
    beside, own = [], []
    for seed in range(20):
        rows, rng = runs(60, seed, along=0.7)
        noise = 0.3 * rng.normal(size=60)
        alone = np.array([math.log10(row["lr"]) for row in rows]) + noise
        found, trends, _ = found_in(rows, list(alone))
        z = unit(ranks(alone))
        marginal = math.sqrt(59) * float(found.x[:, trends["width"]] @ z)
        assert marginal > 5
        beside.append(given_others(found, trends["width"], z).t)
        own.append(given_others(found, trends["lr"], z))
    assert abs(np.mean(beside)) < 1
    assert np.std(beside) < 1.6
    assert min(each.t for each in own) > 3
    assert all(each.most >= each.t for each in own)


def test_a_parameter_by_itself_keeps_all_of_its_difference(found_in):
    rows, rng = runs(80)
    values = np.array([3 * row["width"] for row in rows]) + 0.3 * rng.normal(size=80)
    found, trends, _ = found_in(rows, list(values))
    assert given_others(found, trends["width"], unit(ranks(values))).share == pytest.approx(
        1, abs=0.15
    )


def test_a_claim_on_noise_is_about_standard_normal(found_in):
    t = []
    for seed in range(60):
        rows, rng = runs(40, seed)
        values = rng.normal(size=40)
        found, trends, _ = found_in(rows, list(values))
        t.append(given_others(found, trends["lr"], unit(ranks(values))).t)
    assert abs(np.mean(t)) < 0.4
    assert 0.75 < np.std(t) < 1.3


def test_it_is_generalised_least_squares(found_in, monkeypatch):
    """As many landmarks as runs: the same as with the whole matrix V, written out."""
    rows, rng = runs(40)
    values = np.array([bowl(row) for row in rows]) + 0.1 * rng.normal(size=40)
    found, trends, _ = found_in(rows, list(values))
    seen = []
    real = claim_given_others._least_squares
    monkeypatch.setattr(
        claim_given_others,
        "_least_squares",
        lambda others, z, x: seen.append((others, z, x)) or real(others, z, x),
    )
    given = given_others(found, trends["width"], unit(ranks(values)))
    ((others, z, x),) = seen
    inverse = np.linalg.inv(others.phi @ others.phi.T + np.diag(others.noise))
    one = np.ones(40)
    p = inverse - np.outer(inverse @ one, one @ inverse) / (one @ inverse @ one)
    spread = z @ p @ z / 39
    xpz, xpx = x[:, 0] @ p @ z, x[:, 0] @ p @ x[:, 0]
    assert given.t == pytest.approx(xpz / math.sqrt(xpx * spread), rel=1e-6)
    assert given.share == pytest.approx((xpz / xpx) / (x[:, 0] @ z), rel=1e-6)
    assert z @ z == pytest.approx(40)


def test_with_many_runs_landmarks_say_the_same(found_in, monkeypatch):
    rows, rng = runs(3 * LANDMARKS, along=0.7)
    values = np.array([bowl(row) for row in rows]) + 0.3 * rng.normal(size=len(rows))
    found, trends, _ = found_in(rows, list(values))
    z = unit(ranks(values))
    few = given_others(found, trends["lr"], z)
    monkeypatch.setattr(claim_given_others, "LANDMARKS", len(rows))
    assert few.t == pytest.approx(given_others(found, trends["lr"], z).t, rel=0.1)


def test_a_pair_stands_beside_what_each_does_and_not_where_it_does_nothing(found_in):
    rows, rng = runs(80)
    bare = np.array([bowl(row) for row in rows]) + 0.3 * rng.normal(size=80)
    together = bare + np.array([4.0 * (row["width"] > 0.5) * (row["kind"] == "a") for row in rows])
    for values, stands in ((bare, False), (together, True)):
        found, _, names = found_in(rows, list(values))
        x = np.array([(row["width"] > 0.5) * (row["kind"] == "a") * 1.0 for row in rows])
        t = pair_given_others(
            found, (names.index("width"), names.index("kind")), unit(values), x - x.mean()
        )
        assert (abs(t) > 3) == stands


def test_alone_there_is_nothing_beside_which_it_could_stand(found_in):
    rows, rng = runs(30)
    rows = [{"width": row["width"], "kind": "a"} for row in rows]
    found, trends, _ = found_in(rows, list(rng.normal(size=30)), {k: SPACE[k] for k in rows[0]})
    assert given_others(found, trends["width"], unit(rng.normal(size=30))) is None


def test_parameters_that_some_runs_lack_and_equal_runs_are_taken(found_in):
    rows, rng = runs(40)
    rows = rows[:20] * 2
    for row in rows[::2]:
        row.pop("width", None)
    values = np.array([bowl(row) for row in rows]) + 0.1 * rng.normal(size=40)
    found, trends, _ = found_in(rows, list(values))
    given = given_others(found, trends["lr"], unit(ranks(values)))
    assert math.isfinite(given.t)
    assert math.isfinite(given.share)
