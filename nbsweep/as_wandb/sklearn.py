"""wandb.sklearn: W&B's plots of scikit-learn models, logged under W&B's keys.

Each function takes W&B's arguments, computes its numbers with scikit-learn, and logs a
chart to the current run. Models that a plot has to fit are clones.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from sklearn import calibration, metrics, model_selection
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.linear_model import LogisticRegression

import nbsweep
from nbsweep.errors import UsageError
from nbsweep.integrations import run_of

__all__ = [
    "plot_calibration_curve",
    "plot_class_proportions",
    "plot_classifier",
    "plot_clusterer",
    "plot_confusion_matrix",
    "plot_elbow_curve",
    "plot_feature_importances",
    "plot_learning_curve",
    "plot_outlier_candidates",
    "plot_precision_recall",
    "plot_regressor",
    "plot_residuals",
    "plot_roc",
    "plot_silhouette",
    "plot_summary_metrics",
]

MAX_POINTS = 1000  # of a chart, as in W&B
TEST_SHARE = 0.2  # of the residuals' data


def plot_classifier(
    model: Any,
    X_train: Any,  # noqa: N803 - here and below: W&B's names
    X_test: Any,  # noqa: N803
    y_train: Any,
    y_test: Any,
    y_pred: Any,
    y_probas: Any,
    labels: Sequence[str] | None = None,
    is_binary: bool = False,
    model_name: str = "Classifier",
    feature_names: Sequence[str] | None = None,
    log_learning_curve: bool = False,
) -> None:
    """Log all plots that fit a classifier."""
    if _importances(model) is not None:
        plot_feature_importances(model, feature_names)
    if log_learning_curve:
        plot_learning_curve(model, X_train, y_train)
    plot_confusion_matrix(y_test, y_pred, labels)
    plot_summary_metrics(model, X_train, y_train, X_test, y_test)
    plot_class_proportions(y_train, y_test, labels)
    if is_binary or len(np.unique(y_train)) == 2:
        plot_calibration_curve(model, X_train, y_train, model_name)
    plot_roc(y_test, y_probas, labels)
    plot_precision_recall(y_test, y_probas, labels)


def plot_regressor(
    model: Any,
    X_train: Any,  # noqa: N803
    X_test: Any,  # noqa: N803
    y_train: Any,
    y_test: Any,
    model_name: str = "Regressor",
) -> None:
    """Log all plots that fit a regressor."""
    del model_name
    plot_summary_metrics(model, X_train, y_train, X_test, y_test)
    plot_learning_curve(model, X_train, y_train)
    plot_outlier_candidates(model, X_train, y_train)
    plot_residuals(model, X_train, y_train)


def plot_clusterer(
    model: Any,
    X_train: Any,  # noqa: N803
    cluster_labels: Any,
    labels: Sequence[str] | None = None,
    model_name: str = "Clusterer",
) -> None:
    """Log all plots that fit a clusterer."""
    del model_name
    if hasattr(model, "n_clusters") and hasattr(model, "score"):
        plot_elbow_curve(model, X_train)
    plot_silhouette(model, X_train, cluster_labels, labels)


def plot_confusion_matrix(
    y_true: Any = None,
    y_pred: Any = None,
    labels: Sequence[str] | None = None,
    true_labels: Sequence[Any] | None = None,
    pred_labels: Sequence[Any] | None = None,
    normalize: bool = False,
) -> None:
    """Log how often each class was taken for each class, as ``confusion_matrix``.

    Args:
        y_true: the true classes.
        y_pred: the predicted ones.
        labels: names of the classes 0, 1, …
        true_labels: only these true classes.
        pred_labels: only these predicted ones.
        normalize: shares of each true class instead of counts.
    """
    _check("plot_confusion_matrix", y_true=y_true, y_pred=y_pred)
    classes = np.unique(np.concatenate([np.asarray(y_true), np.asarray(y_pred)]))
    counts = metrics.confusion_matrix(
        y_true, y_pred, labels=classes, normalize="true" if normalize else None
    )
    rows = [
        [_name(true, labels), _name(predicted, labels), round(float(counts[i, j]), 3)]
        for i, true in enumerate(classes)
        for j, predicted in enumerate(classes)
        if (true_labels is None or true in true_labels)
        and (pred_labels is None or predicted in pred_labels)
    ]
    columns = ["Actual", "Predicted", "nPredictions"]
    table = nbsweep.Table(columns=columns, data=rows)
    fields = {column: column for column in columns}
    _log("confusion_matrix", nbsweep.plot_table("wandb/confusion_matrix/v1", table, fields))


def plot_roc(
    y_true: Any = None,
    y_probas: Any = None,
    labels: Sequence[str] | None = None,
    plot_micro: bool = True,
    plot_macro: bool = True,
    classes_to_plot: Sequence[Any] | None = None,
) -> None:
    """Log true against false positives at every threshold, as ``roc``."""
    del plot_micro, plot_macro  # as W&B does
    _check("plot_roc", y_true=y_true, y_probas=y_probas)
    _log("roc", nbsweep.plot.roc_curve(y_true, y_probas, labels, classes_to_plot))


def plot_precision_recall(
    y_true: Any = None,
    y_probas: Any = None,
    labels: Sequence[str] | None = None,
    plot_micro: bool = True,
    classes_to_plot: Sequence[Any] | None = None,
) -> None:
    """Log precision against recall, as ``precision_recall``."""
    del plot_micro
    _check("plot_precision_recall", y_true=y_true, y_probas=y_probas)
    _log("precision_recall", nbsweep.plot.pr_curve(y_true, y_probas, labels, classes_to_plot))


def plot_feature_importances(
    model: Any = None,
    feature_names: Sequence[str] | None = None,
    title: str = "Feature Importance",
    max_num_features: int = 50,
) -> None:
    """Log what a fitted model says of its features, as ``feature_importances``."""
    importances = _importances(model)
    if importances is None:
        raise UsageError(
            "plot_feature_importances: a fitted model is needed that has feature_importances_, "
            f"or coef_ of one row; {type(model).__name__} has neither."
        )
    names = range(len(importances)) if feature_names is None else feature_names
    best = np.argsort(importances)[::-1][:max_num_features]
    rows = [[str(names[i]), float(importances[i])] for i in best]
    _log("feature_importances", _bars(["feature_names", "importances"], rows, title))


def plot_class_proportions(
    y_train: Any = None, y_test: Any = None, labels: Sequence[str] | None = None
) -> None:
    """Log how many samples each class has, as ``class_proportions``."""
    _check("plot_class_proportions", y_train=y_train)
    parts = {"train": np.asarray(y_train)}
    if y_test is not None:
        parts["test"] = np.asarray(y_test)
    rows = [
        [f"{_name(kind, labels)} ({part})", int((values == kind).sum())]
        for kind in np.unique(np.concatenate(list(parts.values())))
        for part, values in parts.items()
    ]
    _log("class_proportions", _bars(["class", "count"], rows, "Class Proportions"))


def plot_calibration_curve(
    clf: Any = None,
    X: Any = None,  # noqa: N803
    y: Any = None,
    clf_name: str = "Classifier",
) -> None:
    """Log how predicted probabilities of two classes came out, as ``calibration_curve``.

    Beside the classifier, calibrated in two ways, stands a logistic regression.
    """
    _check("plot_calibration_curve", clf=clf, X=X, y=y)
    if len(np.unique(y)) != 2:
        raise UsageError(
            f"plot_calibration_curve: y has {len(np.unique(y))} classes; 2 are needed."
        )
    models = {
        "Logistic": LogisticRegression(),
        f"{clf_name} Isotonic": calibration.CalibratedClassifierCV(clf, cv=2, method="isotonic"),
        f"{clf_name} Sigmoid": calibration.CalibratedClassifierCV(clf, cv=2, method="sigmoid"),
    }
    fit_x, x, fit_y, truth = model_selection.train_test_split(
        X, y, test_size=0.5, stratify=y, random_state=42
    )
    lines: dict[str, tuple[list[float], list[float]]] = {"Perfectly calibrated": ([0, 1], [0, 1])}
    for name, model in models.items():
        chance = model.fit(fit_x, fit_y).predict_proba(x)[:, 1]
        positive, predicted = calibration.calibration_curve(truth, chance, n_bins=10)
        lines[name] = predicted.tolist(), positive.tolist()
    xs, ys = zip(*lines.values(), strict=True)
    title, xname = "Calibration Curve", "mean predicted value"
    _log("calibration_curve", nbsweep.plot.line_series(xs, ys, list(lines), title, xname))


def plot_summary_metrics(
    model: Any = None,
    X: Any = None,  # noqa: N803
    y: Any = None,
    X_test: Any = None,  # noqa: N803
    y_test: Any = None,
) -> None:
    """Log a classifier's or regressor's usual scores, as ``summary_metrics``."""
    del X, y  # the fitted model is all that is left of them
    _check("plot_summary_metrics", model=model, X_test=X_test, y_test=y_test)
    predicted, scores = model.predict(X_test), {}
    if is_classifier(model):
        scores["accuracy_score"] = metrics.accuracy_score(y_test, predicted)
        options: dict[str, Any] = {"average": "weighted", "zero_division": 0}
        scores["precision"] = metrics.precision_score(y_test, predicted, **options)
        scores["recall"] = metrics.recall_score(y_test, predicted, **options)
        scores["f1_score"] = metrics.f1_score(y_test, predicted, **options)
    elif is_regressor(model):
        scores["mae"] = metrics.mean_absolute_error(y_test, predicted)
        scores["mse"] = metrics.mean_squared_error(y_test, predicted)
        scores["r2_score"] = metrics.r2_score(y_test, predicted)
    else:
        raise UsageError(
            f"plot_summary_metrics: {type(model).__name__} is neither a classifier nor a regressor."
        )
    rows = [[name, float(score)] for name, score in scores.items()]
    title = f"Summary Metrics of {type(model).__name__}"
    _log("summary_metrics", _bars(["metric_name", "metric_value"], rows, title))


def plot_learning_curve(
    model: Any = None,
    X: Any = None,  # noqa: N803
    y: Any = None,
    cv: Any = None,
    shuffle: bool = False,
    random_state: Any = None,
    train_sizes: Any = None,
    n_jobs: int = 1,
    scoring: Any = None,
) -> None:
    """Log the score over the number of training samples, as ``learning_curve``."""
    _check("plot_learning_curve", model=model, X=X, y=y)
    sizes, train, test, *_ = model_selection.learning_curve(
        clone(model),
        X,
        y,
        cv=cv,
        shuffle=shuffle,
        random_state=random_state,
        train_sizes=np.linspace(0.1, 1.0, 5) if train_sizes is None else train_sizes,
        n_jobs=n_jobs,
        scoring=scoring,
    )
    lines = [train.mean(axis=1).tolist(), test.mean(axis=1).tolist()]
    names, xname = ["train", "test"], "training samples"
    chart = nbsweep.plot.line_series(sizes.tolist(), lines, names, "Learning Curve", xname)
    _log("learning_curve", chart)


def plot_outlier_candidates(
    regressor: Any = None,
    X: Any = None,  # noqa: N803
    y: Any = None,
) -> None:
    """Log Cook's distance of each sample, as ``outlier_candidates``."""
    _check("plot_outlier_candidates", regressor=regressor, X=X, y=y)
    x = np.asarray(X, dtype=float)
    leverage = (x * np.linalg.pinv(x).T).sum(axis=1).clip(0, 1 - 1e-12)
    residuals = np.asarray(y) - regressor.predict(X)
    freedom = max(len(x) - np.linalg.matrix_rank(x), 1)
    studentized = residuals / np.sqrt(residuals @ residuals / freedom * (1 - leverage))
    distances = studentized**2 / x.shape[1] * leverage / (1 - leverage)
    rows = [[i, float(distance)] for i, distance in enumerate(distances[:MAX_POINTS])]
    table = nbsweep.Table(columns=["instance", "distance"], data=rows)
    title = f"Outlier Candidates: above {4 / len(x):.3g}"
    _log("outlier_candidates", nbsweep.plot.scatter(table, "instance", "distance", title))


def plot_residuals(
    regressor: Any = None,
    X: Any = None,  # noqa: N803
    y: Any = None,
) -> None:
    """Log predicted values against their errors on data kept aside, as ``residuals``."""
    _check("plot_residuals", regressor=regressor, X=X, y=y)
    fit_x, x, fit_y, truth = model_selection.train_test_split(
        X, y, test_size=TEST_SHARE, random_state=42
    )
    predicted = clone(regressor).fit(fit_x, fit_y).predict(x)
    pairs = zip(predicted[:MAX_POINTS], np.asarray(truth), strict=False)
    rows = [[float(guess), float(guess - true)] for guess, true in pairs]
    table = nbsweep.Table(columns=["y_pred", "residuals"], data=rows)
    _log("residuals", nbsweep.plot.scatter(table, "y_pred", "residuals", "Residuals"))


def plot_elbow_curve(
    clusterer: Any = None,
    X: Any = None,  # noqa: N803
    cluster_ranges: Iterable[int] | None = None,
    n_jobs: int = 1,
    show_cluster_time: bool = True,
) -> None:
    """Log the error over the number of clusters, as ``elbow_curve``."""
    del n_jobs, show_cluster_time
    _check("plot_elbow_curve", clusterer=clusterer, X=X)
    if not hasattr(clusterer, "n_clusters"):
        raise UsageError(f"plot_elbow_curve: {type(clusterer).__name__} has no n_clusters.")
    rows = []
    for number in sorted(cluster_ranges or range(1, 10, 2)):
        began = time.perf_counter()
        fitted = clone(clusterer).set_params(n_clusters=number).fit(X)
        rows.append([number, abs(float(fitted.score(X))), time.perf_counter() - began])
    table = nbsweep.Table(columns=["cluster_ranges", "errors", "clustering_time"], data=rows)
    chart = nbsweep.plot.line(table, "cluster_ranges", "errors", title="Elbow Curve")
    _log("elbow_curve", chart)


def plot_silhouette(
    clusterer: Any = None,
    X: Any = None,  # noqa: N803
    cluster_labels: Any = None,
    labels: Sequence[str] | None = None,
    metric: str = "euclidean",
    kmeans: bool = True,
) -> None:
    """Log how well each sample fits its cluster, as ``silhouette_plot``."""
    del clusterer, kmeans
    _check("plot_silhouette", X=X, cluster_labels=cluster_labels)
    clusters = np.asarray(cluster_labels)
    values = metrics.silhouette_samples(X, clusters, metric=metric)
    kinds = np.unique(clusters)
    most = max(MAX_POINTS // len(kinds), 1)
    lines = [np.sort(values[clusters == kind])[::-1][:most].tolist() for kind in kinds]
    xs = [list(range(len(line))) for line in lines]
    names = [str(_name(kind, labels)) for kind in kinds]
    title = f"Silhouette, mean {float(values.mean()):.3g}"
    _log("silhouette_plot", nbsweep.plot.line_series(xs, lines, names, title, "sample"))


def _importances(model: Any) -> Any:
    """One number a feature, or None."""
    for attribute in ("feature_importances_", "coef_", "feature_log_prob_"):
        if hasattr(model, attribute):
            values = np.squeeze(np.asarray(getattr(model, attribute)))
            return values if values.ndim == 1 else None
    return None


def _name(kind: Any, labels: Sequence[str] | None) -> Any:
    """A class's name: `labels` are those of the classes 0, 1, …"""
    kind = kind.item() if hasattr(kind, "item") else kind
    named = labels is not None and isinstance(kind, int) and 0 <= kind < len(labels)
    return str(labels[kind]) if labels is not None and named else str(kind)


def _bars(columns: list[str], rows: list[list[Any]], title: str) -> Any:
    table = nbsweep.Table(columns=columns, data=rows)
    return nbsweep.plot.bar(table, columns[0], columns[1], title)


def _check(caller: str, **arguments: Any) -> None:
    """Raise UsageError naming the first argument that was left out."""
    for name, value in arguments.items():
        if value is None:
            raise UsageError(f"{caller}: {name} is missing.")


def _log(key: str, chart: Any) -> None:
    run_of(None, "sklearn.plot_…()").log({key: chart})
