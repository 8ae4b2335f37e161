"""The sweep config: the user's dict → a checked record, and all the messages about it."""

from nbsweep.records import EarlyTermination, Metric
from nbsweep.sweep_config.config import (
    KEYS_BY_BLOCK,
    METHODS,
    WORDS_BY_KEY,
    Retry,
    SweepConfig,
    current,
    parse,
    to_dict,
)
from nbsweep.sweep_config.early_termination import parse_early_terminate

__all__ = [
    "KEYS_BY_BLOCK",
    "METHODS",
    "WORDS_BY_KEY",
    "EarlyTermination",
    "Metric",
    "Retry",
    "SweepConfig",
    "current",
    "parse",
    "parse_early_terminate",
    "to_dict",
]
