"""wandb.sklearn: the numbers of each plot, and that a run keeps them."""

import numpy as np
import pytest
from sklearn.cluster import DBSCAN, KMeans
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import silhouette_score
from sklearn.tree import DecisionTreeClassifier

import nbsweep
from nbsweep.as_wandb import sklearn as plots
from nbsweep.errors import UsageError

generator = np.random.default_rng(1)
X = generator.normal(size=(80, 2))
TARGET = X @ [1.0, -2.0] + generator.normal(size=80) / 10
KIND = (X[:, 0] > 0).astype(int)


@pytest.fixture
def logged(monkeypatch):
    """What plots log: key to chart."""
    charts = {}

    class Run:
        log = charts.update

    monkeypatch.setattr(plots, "run_of", lambda run, user: Run)
    return charts


def rows(chart):
    return [list(row) for row in chart.table.data]


def lines(chart):
    """A chart of several lines: name to its x and y."""
    found = {}
    for x, name, y in chart.table.data:
        found.setdefault(name, ([], []))[0].append(x)
        found[name][1].append(y)
    return found


def test_import_nbsweep_as_wandb_has_them():
    assert nbsweep.sklearn.plot_roc is plots.plot_roc


def test_confusion_matrix(logged):
    plots.plot_confusion_matrix([0, 0, 1, 1], [0, 1, 1, 1], ["cat", "dog"])
    chart = logged["confusion_matrix"]
    assert rows(chart) == [
        ["cat", "cat", 1],
        ["cat", "dog", 1],
        ["dog", "cat", 0],
        ["dog", "dog", 2],
    ]
    assert chart.figure.data
    plots.plot_confusion_matrix(["a", "a", "b"], ["a", "b", "b"], normalize=True, true_labels=["a"])
    assert rows(logged["confusion_matrix"]) == [["a", "a", 0.5], ["a", "b", 0.5]]


def test_roc_and_precision_recall(logged):
    chances = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.3, 0.7]])
    plots.plot_roc([0, 1, 0, 1], chances, ["no", "yes"])
    plots.plot_precision_recall([0, 1, 0, 1], chances, ["no", "yes"])
    assert {row[0] for row in rows(logged["roc"])} == {"no", "yes"}
    assert ["yes", 0.0, 1.0] in rows(logged["roc"])  # they are told apart without an error
    assert ["yes", 1.0, 1.0] in rows(logged["precision_recall"])


def test_feature_importances_are_sorted_and_named(logged):
    model = DecisionTreeClassifier(random_state=1).fit(X, KIND)
    plots.plot_feature_importances(model, ["first", "second"])
    assert rows(logged["feature_importances"]) == [["first", 1.0], ["second", 0.0]]
    plots.plot_feature_importances(LinearRegression().fit(X, TARGET), max_num_features=1)
    ((name, value),) = rows(logged["feature_importances"])
    assert (name, value) == ("0", pytest.approx(1.0, abs=0.1))


def test_class_proportions(logged):
    plots.plot_class_proportions([0, 0, 1], [1], ["cat", "dog"])
    assert rows(logged["class_proportions"]) == [
        ["cat (train)", 2],
        ["cat (test)", 0],
        ["dog (train)", 1],
        ["dog (test)", 1],
    ]


def test_calibration_curve(logged):
    plots.plot_calibration_curve(DecisionTreeClassifier(max_depth=2), X, KIND, "Tree")
    found = lines(logged["calibration_curve"])
    assert list(found) == ["Perfectly calibrated", "Logistic", "Tree Isotonic", "Tree Sigmoid"]
    assert all(0 <= value <= 1 for line in found.values() for side in line for value in side)
    with pytest.raises(UsageError, match="y has 3 classes; 2 are needed"):
        plots.plot_calibration_curve(LogisticRegression(), X, np.arange(80) % 3)


def test_summary_metrics(logged):
    plots.plot_summary_metrics(Ridge().fit(X, TARGET), X, TARGET, X, TARGET)
    found = dict(rows(logged["summary_metrics"]))
    assert list(found) == ["mae", "mse", "r2_score"]
    assert found["r2_score"] == pytest.approx(Ridge().fit(X, TARGET).score(X, TARGET))
    plots.plot_summary_metrics(LogisticRegression().fit(X, KIND), X, KIND, X, KIND)
    assert list(dict(rows(logged["summary_metrics"]))) == [
        "accuracy_score",
        "precision",
        "recall",
        "f1_score",
    ]
    with pytest.raises(UsageError, match="KMeans is neither a classifier nor a regressor"):
        plots.plot_summary_metrics(KMeans(2, n_init=1).fit(X), X, KIND, X, KIND)


def test_learning_curve_fits_clones(logged):
    model = Ridge()
    plots.plot_learning_curve(model, X, TARGET, cv=4, train_sizes=[10, 60])
    found = lines(logged["learning_curve"])
    assert {name: line[0] for name, line in found.items()} == {"train": [10, 60], "test": [10, 60]}
    assert found["test"][1][1] > 0.9
    assert not hasattr(model, "coef_")


def test_an_outlier_has_the_largest_distance(logged):
    target = TARGET.copy()
    target[7] += 9
    plots.plot_outlier_candidates(LinearRegression().fit(X, target), X, target)
    distances = [distance for _, distance in rows(logged["outlier_candidates"])]
    assert np.argmax(distances) == 7
    assert logged["outlier_candidates"].title == "Outlier Candidates: above 0.05"


def test_residuals_are_of_data_kept_aside(logged):
    plots.plot_residuals(Ridge(), X, TARGET)
    found = rows(logged["residuals"])
    assert len(found) == 16
    assert np.std([error for _, error in found]) == pytest.approx(0.1, abs=0.08)


def test_elbow_curve(logged):
    plots.plot_elbow_curve(KMeans(n_init=1, random_state=1), X, [2, 1, 4])
    found = rows(logged["elbow_curve"])
    assert [row[0] for row in found] == [1, 2, 4]
    errors = [row[1] for row in found]
    assert errors == sorted(errors, reverse=True)
    with pytest.raises(UsageError, match="DBSCAN has no n_clusters"):
        plots.plot_elbow_curve(DBSCAN(), X)


def test_silhouette(logged):
    plots.plot_silhouette(None, X, KIND, ["left", "right"])
    found = lines(logged["silhouette_plot"])
    assert {name: len(line[1]) for name, line in found.items()} == {
        "left": int((KIND == 0).sum()),
        "right": int((KIND == 1).sum()),
    }
    values = [value for line in found.values() for value in line[1]]
    assert np.mean(values) == pytest.approx(silhouette_score(X, KIND))


def test_regressor_and_clusterer_log_all_their_plots(logged):
    plots.plot_regressor(Ridge().fit(X, TARGET), X, X, TARGET, TARGET)
    assert set(logged) == {"summary_metrics", "learning_curve", "outlier_candidates", "residuals"}
    logged.clear()
    model = KMeans(2, n_init=1, random_state=1).fit(X)
    plots.plot_clusterer(model, X, model.labels_)
    assert set(logged) == {"elbow_curve", "silhouette_plot"}
    logged.clear()
    plots.plot_clusterer(DBSCAN(), X, KIND)
    assert set(logged) == {"silhouette_plot"}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.plot_confusion_matrix([0]), "plot_confusion_matrix: y_pred is missing."),
        (plots.plot_roc, "plot_roc: y_true is missing."),
        (
            lambda: plots.plot_feature_importances(Ridge()),
            "plot_feature_importances: a fitted model is needed that has feature_importances_, or "
            "coef_ of one row; Ridge has neither.",
        ),
    ],
)
def test_what_is_missing_is_named(call, message):
    with pytest.raises(UsageError) as caught:
        call()
    assert str(caught.value) == message


def test_a_run_keeps_the_charts_of_a_classifier(tmp_path):
    nbsweep.setup(f"sqlite:///{tmp_path}/runs.db")
    model = RandomForestClassifier(10, random_state=1).fit(X, KIND)

    def train():
        with nbsweep.init():
            chances = model.predict_proba(X)
            predicted = model.predict(X)
            plots.plot_classifier(
                model, X, X, KIND, KIND, predicted, chances, ["no", "yes"], True, "Forest"
            )

    sweep = nbsweep.sweep({"method": "grid", "parameters": {"x": {"values": [1]}}})
    nbsweep.agent(sweep, train, show=False)
    (run,) = nbsweep.Sweep(sweep).runs
    assert run.state == "finished", run.error
    logged = {key for row in run.history() for key in row if not key.startswith("_")}
    assert logged == {
        "feature_importances",
        "confusion_matrix",
        "summary_metrics",
        "class_proportions",
        "calibration_curve",
        "roc",
        "precision_recall",
    }
    nbsweep.setup(None)
