"""Which parameters decide the metric, by several methods that share one result."""

from nbsweep.analysis.importance.matrix import category_codes, feature_matrix, targets
from nbsweep.analysis.importance.ranking import MIN_RUNS, MIN_RUNS_PER_PARAMETER, importance
from nbsweep.analysis.importance.result import (
    METHODS,
    Importance,
    Method,
    PairImportance,
    ParameterImportance,
)

__all__ = [
    "METHODS",
    "MIN_RUNS",
    "MIN_RUNS_PER_PARAMETER",
    "Importance",
    "Method",
    "PairImportance",
    "ParameterImportance",
    "category_codes",
    "feature_matrix",
    "importance",
    "targets",
]
