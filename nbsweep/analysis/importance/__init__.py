"""Which parameters decide the metric, by several methods that share one result."""

from nbsweep.analysis.importance.matrix import category_codes, feature_matrix, targets, varies
from nbsweep.analysis.importance.ranking import MIN_RUNS, MIN_RUNS_PER_PARAMETER, importance
from nbsweep.analysis.importance.result import (
    METHODS,
    WORDING,
    Importance,
    Method,
    PairImportance,
    ParameterImportance,
    association_text,
)

__all__ = [
    "METHODS",
    "MIN_RUNS",
    "MIN_RUNS_PER_PARAMETER",
    "WORDING",
    "Importance",
    "Method",
    "PairImportance",
    "ParameterImportance",
    "association_text",
    "category_codes",
    "feature_matrix",
    "importance",
    "targets",
    "varies",
]
