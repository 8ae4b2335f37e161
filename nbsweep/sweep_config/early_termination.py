"""The `early_terminate` block of a config, with its messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbsweep.records import EarlyTermination
from nbsweep.sweep_config.reader import Reader, plain_value
from nbsweep.wording import described

# type → its keys, besides "type"
EARLY_TERMINATE_TYPES = {
    "hyperband": ("min_iter", "max_iter", "s", "eta", "strict"),
    "asha": ("min_iter", "max_iter", "eta"),
    "median": ("min_iter", "interval", "percentile", "min_runs"),
    "auto": ("min_iter", "confidence", "thaw"),
}
EARLY_TERMINATE_KEYS = (
    *("type", "min_iter", "max_iter", "s", "eta", "strict"),
    *("interval", "percentile", "min_runs"),
    *("confidence", "thaw"),
)
_KEY_ALIASES = {
    "grace_period": "min_iter",
    "max_t": "max_iter",
    "min_resource": "min_iter",
    "min_samples_required": "min_runs",
    "freeze_thaw": "thaw",
    "n_min_trials": "min_runs",
    "n_startup_trials": "min_runs",
    "n_warmup_steps": "min_iter",
    "reduction_factor": "eta",
    "warmup": "min_iter",
}
_TYPE_ALIASES = {
    "async_hyperband": "asha",
    "freeze_thaw": "auto",
    "medianstopping": "median",
    "median_stopping": "median",
    "percentile": "median",
    "sha": "asha",
    "successive_halving": "asha",
}
EARLY_TERMINATE_EXAMPLE = '{"type": "hyperband", "min_iter": 3}'
NO_THAW = (
    "does not go with several metrics or limits: what going on with a paused run promises is "
    "known in one metric only. Leave it out; a run that was stopped goes on by hand, with "
    "Sweep.continue_run(number)."
)
_PATH = ("early_terminate",)


def parse_early_terminate(block: Mapping[str, Any]) -> EarlyTermination:
    """Check an `early_terminate` block by itself.

    Raises:
        ConfigError: with everything that is wrong.
    """
    reader = Reader()
    spec = plain_value(block, _PATH, reader)
    reader.raise_problems()
    read = read_early_terminate(reader, spec)
    reader.raise_problems()
    assert read is not None
    return read


def read_early_terminate(reader: Reader, spec: Any) -> EarlyTermination | None:
    """The rule of an `early_terminate` block; None after noting what is wrong with it."""
    before = len(reader.problems)
    if reader.mapping(_PATH, spec, EARLY_TERMINATE_EXAMPLE) is None:
        return None
    kind = None
    if "type" in spec:
        types = tuple(EARLY_TERMINATE_TYPES)
        kind = reader.choice((*_PATH, "type"), spec["type"], types, _TYPE_ALIASES)
    keys = EARLY_TERMINATE_KEYS if kind is None else ("type", *EARLY_TERMINATE_TYPES[kind])
    reader.known_keys(_PATH, spec, keys, _KEY_ALIASES)
    if "type" not in spec and (*_PATH, "type") not in reader.guessed:
        reader.problem(_PATH, f'needs "type", such as {EARLY_TERMINATE_EXAMPLE}.')
    unused = _unused(spec) if kind == "hyperband" else None
    _check_values(reader, {key: spec[key] for key in spec if key in keys}, spec, unused)
    if kind in ("hyperband", None):
        _check_bands(reader, spec)
    if len(reader.problems) == before:
        if unused is not None:
            reader.note(_PATH, _NOTES[unused])
            del spec[unused]
        _check_max_iter(reader, spec)
    return EarlyTermination(**spec) if len(reader.problems) == before else None


_NOTES = {
    "min_iter": "min_iter is ignored beside max_iter and s, as in W&B: bands are counted down "
    "from max_iter.",
    "s": "s is ignored without max_iter, as in W&B: bands are counted up from min_iter.",
}


def _unused(spec: Mapping[str, Any]) -> str | None:
    """The key of hyperband that W&B's engine does not look at, where both forms are mixed."""
    if {"min_iter", "max_iter", "s"} <= spec.keys():
        return "min_iter"
    return "s" if {"min_iter", "s"} <= spec.keys() else None


def _check_values(
    reader: Reader, known: Mapping[str, Any], spec: dict[str, Any], unused: str | None
) -> None:
    for key in ("min_iter", "max_iter", "s", "interval", "min_runs"):
        if key == "s" == unused:  # any number, as in W&B's schema
            reader.number(_PATH, spec, key)
        elif key in known:
            reader.number(_PATH, spec, key, whole=True, at_least=1)
    if "eta" in known:
        reader.number(_PATH, spec, "eta", above=1)
    if "percentile" in known:
        percentile = reader.number(_PATH, spec, "percentile", above=0)
        if percentile is not None and percentile >= 100:
            reader.problem(
                (*_PATH, "percentile"), f"found {percentile}; a number below 100 is needed."
            )
    if "confidence" in known:
        confidence = reader.number(_PATH, spec, "confidence", above=0)
        if confidence is not None and not 0.5 <= confidence < 1:
            reader.problem(
                (*_PATH, "confidence"),
                f"found {confidence}; a probability of at least 0.5 and below 1 is needed, such as "
                "0.95: how sure it has to be that a run cannot become the best.",
            )
    for key in ("strict", "thaw"):
        if key in known and not isinstance(spec[key], bool):
            reader.problem((*_PATH, key), f"found {described(spec[key])}; True or False is needed.")


def _check_bands(reader: Reader, spec: Mapping[str, Any]) -> None:
    keys = {*spec, *(guess[-1] for guess in reader.guessed if guess[:-1] == _PATH)}
    if {"min_iter", "max_iter"} <= keys and "s" not in keys:
        reader.problem(
            _PATH,
            'max_iter needs "s" beside it, the number of bands to count down from it. Add it, or '
            "leave max_iter out to count up from min_iter.",
        )
    elif "min_iter" not in keys and not {"max_iter", "s"} <= keys:
        reader.problem(
            _PATH,
            'needs "min_iter", the first iteration at which runs are compared, or both '
            '"max_iter" and "s", the last one and the number of comparisons before it.',
        )


def _check_max_iter(reader: Reader, spec: Mapping[str, Any]) -> None:
    """Note it when max_iter leaves no iteration to compare runs at."""
    if "max_iter" not in spec:
        return
    max_iter, min_iter = spec["max_iter"], spec.get("min_iter", 1)
    if spec["type"] == "hyperband" and max_iter / spec.get("eta", 3) < 1:
        reader.problem(
            _PATH,
            f"max_iter {max_iter} leaves no iteration to compare runs at, since the last one is "
            "max_iter / eta. Use a larger max_iter, or min_iter.",
        )
    if spec["type"] == "asha" and max_iter <= min_iter:
        reader.problem(
            _PATH,
            f"max_iter {max_iter} is not above min_iter {min_iter}, which leaves no iteration to "
            "compare runs at. Use a larger max_iter, or leave it out.",
        )
