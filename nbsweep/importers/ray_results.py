"""Result folders of Ray Tune: a folder for each trial, and the state of the experiment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbsweep.errors import StoreError, UsageError
from nbsweep.importers.assembly import Wishes, assemble, flat, state_of
from nbsweep.importers.csv_table import read_rows
from nbsweep.importers.foreign import ForeignRun, ForeignSweep, by_step
from nbsweep.records import RunState, is_number, lookup
from nbsweep.sweep_config.yaml_file import no_such_file
from nbsweep.wording import plural

STATE_FILES = "experiment_state-*.json"
_RESULTS, _TABLE, _PARAMS, _ERROR = "result.json", "progress.csv", "params.json", "error.txt"
# What Ray adds to each row that a trial reports.
_OWN = frozenset(
    "timestamp checkpoint_dir_name done training_iteration trial_id date time_this_iter_s "
    "time_total_s pid hostname node_ip config time_since_restore iterations_since_restore "
    "should_checkpoint timesteps_total timesteps_since_restore episodes_total experiment_id "
    "experiment_tag warmup_time hist_stats".split()
)
_STATES = {
    "TERMINATED": RunState.FINISHED,
    "ERROR": RunState.FAILED,
    "PENDING": RunState.RUNNING,
    "RUNNING": RunState.RUNNING,
    "PAUSED": RunState.RUNNING,
}


def read_results(path: str | Path, wishes: Wishes) -> ForeignSweep:
    """The trials of an experiment.

    Args:
        path: of its folder, or of one that holds a single experiment.
        wishes: what the user says of them.

    Raises:
        UsageError: there is no experiment, or there are several.
        StoreError: a file in it cannot be read.
    """
    folder = _experiment(Path(path))
    states, metric = _states(folder)
    trials = sorted(trial for trial in folder.iterdir() if is_trial(trial))
    runs = [_run(trial, states) for trial in trials]
    notes = []
    lengths = {len(run.history) for run in runs if run.state is RunState.FINISHED}
    if len(lengths) > 1:
        notes.append(
            "Ray does not keep which trials its scheduler stopped: they count as finished."
        )
    for name in (metric, metric.replace("/", ".")) if metric else ():  # val/acc is nested
        if wishes.metric is None and any(is_number(lookup(run.summary, name)) for run in runs):
            wishes = replace(wishes, metric=name)
    source = f"Ray Tune's experiment {folder.resolve().name}"
    return assemble(runs, wishes, source, nested=True, notes=notes, name=folder.resolve().name)


def is_trial(folder: Path) -> bool:
    """Whether this is the folder of a trial."""
    return (folder / _PARAMS).is_file() or (folder / _RESULTS).is_file()


def is_experiment(folder: Path) -> bool:
    """Whether this is the folder of an experiment."""
    if not folder.is_dir():
        return False
    state = any(folder.glob(STATE_FILES))
    return state or any((trial / _PARAMS).is_file() for trial in folder.iterdir())


def _experiment(path: Path) -> Path:
    if not path.is_dir():
        raise no_such_file(path, "ray_results")
    if is_experiment(path):
        return path
    if is_trial(path):
        raise UsageError(f"{path} is a single trial. Name the folder of its experiment.")
    inside = [folder for folder in sorted(path.iterdir()) if is_experiment(folder)]
    if len(inside) == 1:
        return inside[0]
    if not inside:
        raise UsageError(
            f"{path} has no results of Ray Tune's: an experiment's folder has one for each trial, "
            f"with {_PARAMS} and {_RESULTS}."
        )
    names = ", ".join(folder.name for folder in inside[:8])
    raise UsageError(f"{path} has {plural(len(inside), 'experiment')}: {names}. Name one of them.")


def _run(folder: Path, states: Mapping[str, Mapping[str, Any]]) -> ForeignRun:
    rows = list(_rows(folder))
    last = rows[-1] if rows else {}
    config = _json(folder / _PARAMS) if (folder / _PARAMS).is_file() else last.get("config")
    config = config if isinstance(config, dict) else {}
    known = states.get(folder.name, {})
    error = _error(folder)
    if "status" in known:
        state = _STATES.get(str(known["status"]), state_of(known["status"]))
    else:  # of a version whose state is not known
        ended = RunState.FINISHED if last.get("done") else RunState.CRASHED
        state = RunState.FAILED if error else ended
    times = [row["timestamp"] for row in rows if is_number(row.get("timestamp"))]
    took = last.get("time_total_s")
    return ForeignRun(
        params=dict(flat(config)),
        summary={key: value for row in rows for key, value in _measured(row).items()},
        state=state,
        id=str(known.get("trial_id") or last.get("trial_id") or folder.name),
        name=folder.name,
        config=config,
        history=by_step(
            (
                int(row.get("training_iteration", i)),
                float(row.get("timestamp") or 0),
                _measured(row),
            )
            for i, row in enumerate(rows, 1)
        ),
        began_at=times[-1] - took if times and is_number(took) else None,
        ended_at=times[-1] if times else None,
        error=error or "it failed in Ray Tune" if state is RunState.FAILED else None,
    )


def _point(row: Mapping[str, Any], place: int) -> tuple[int, float, dict[str, Any]]:
    step: Any = row.get("training_iteration")
    time_s: Any = row.get("timestamp")
    return (
        int(step) if is_number(step) else place,
        float(time_s) if is_number(time_s) else 0.0,
        _measured(row),
    )


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    """What the trial reported; a last line that is cut off, as a kill leaves it, is left out."""
    if (folder / _RESULTS).is_file() and (folder / _RESULTS).stat().st_size:
        for line in (folder / _RESULTS).read_text(encoding="utf-8").splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict):
                yield row
    elif (folder / _TABLE).is_file() and (folder / _TABLE).stat().st_size:
        yield from read_rows(folder / _TABLE)


def _measured(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in row.items()
        if key not in _OWN and not key.startswith("config/") and value is not None
    }


def _error(folder: Path) -> str | None:
    """The last line of the traceback of a trial that failed."""
    path = folder / _ERROR
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8", errors="replace").strip()
    return text.splitlines()[-1] if text else "it failed in Ray Tune"


def _states(folder: Path) -> tuple[dict[str, dict[str, Any]], str | None]:
    """What the newest state of the experiment says of each trial's folder, and its metric."""
    files = sorted(folder.glob(STATE_FILES))
    if not files:
        return {}, None
    content = _json(files[-1])
    if not isinstance(content, dict):
        return {}, None
    trials: dict[str, dict[str, Any]] = {}
    for entry in content.get("trial_data") or content.get("checkpoints") or ():
        trial = entry[0] if isinstance(entry, list) and entry else entry
        trial = json.loads(trial) if isinstance(trial, str) else trial
        if isinstance(trial, dict):
            place = trial.get("relative_logdir") or trial.get("logdir") or ""
            trials[Path(str(place)).name] = trial
    metric = content.get("runner_data", {}).get("_metric")
    return trials, metric if isinstance(metric, str) else None


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path} cannot be read: {str(error).splitlines()[0]}.") from error
