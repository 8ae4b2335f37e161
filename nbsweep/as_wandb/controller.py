"""``wandb.controller()``: configure a sweep step by step, and steer it by your own functions.

Agents decide by themselves here, together, so a controller is needed for two things only:
a search or a stopping function of the user's. The agents of this process call the search
function directly; for those of others `run` keeps one suggestion of it in the sweep's
queue. The stopping function is called by `run` and by this process's agents as they wait.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nbsweep import search
from nbsweep.as_wandb.compatibility import missing_member
from nbsweep.as_wandb.engine_runs import EngineRun, engine_run, params_of
from nbsweep.continued import was_requested, with_present_curves
from nbsweep.errors import UsageError
from nbsweep.facade import agent, new_sweep
from nbsweep.handles.sweep import Sweep
from nbsweep.records import HistoryRow, RunState, SweepState
from nbsweep.runs import session
from nbsweep.runs.stop import stop_run
from nbsweep.search.evidence import Evidence
from nbsweep.search.verdicts import shown_runs, stops
from nbsweep.view.console import say

Search = Callable[..., Any]
Stopping = Callable[..., Any]

POLL_S = 0.25
CUSTOM = "custom"


def controller(
    sweep_id_or_config: str | Mapping[str, Any] | None = None,
    entity: str | None = None,
    project: str | None = None,
) -> LocalController:
    """A controller of a sweep: of an existing one, of a config, or to be configured.

    Args:
        sweep_id_or_config: id of a sweep; a config, whose "method" and "early_terminate"
            may be functions; or None, to configure and `create()`.
        entity: W&B's, ignored.
        project: to file a new sweep under.

    Raises:
        NotFoundError: there is no such sweep.
        ConfigError: the config is wrong.
    """
    del entity
    local = LocalController(project)
    if isinstance(sweep_id_or_config, str):
        local.attach(sweep_id_or_config)
    elif sweep_id_or_config is not None:
        local.configure(sweep_id_or_config)
        local.create()
    return local


class LocalController:
    """Configures, and then steers one sweep; see `controller`."""

    def __init__(self, project: str | None = None) -> None:
        self._project = project
        self._config: dict[str, Any] = {}
        self._search: Search | None = None
        self._stopping: Stopping | None = None
        self._program: Callable[[], Any] | None = None
        self._sweep: Sweep | None = None
        self._exhausted = False
        self._histories: dict[str, list[HistoryRow]] = {}
        self._asked: set[str] = set()
        self._looking = threading.Lock()
        self._actions: list[tuple[str, str]] = []
        self._debug: list[str] = []
        self._last_status = ""

    def __getattr__(self, name: str) -> Any:
        raise missing_member(self, name, "controller()")

    # Configure

    def configure(self, sweep_dict_or_config: Mapping[str, Any] | str) -> None:
        """Take a whole config: a dict, or its YAML text.

        Raises:
            UsageError: something was configured already, or the sweep is there.
        """
        self._check_open()
        if self._config:
            raise UsageError("configure: configured already. Make another controller().")
        if isinstance(sweep_dict_or_config, str):
            import yaml

            sweep_dict_or_config = yaml.safe_load(sweep_dict_or_config)
        if not isinstance(sweep_dict_or_config, Mapping):
            raise UsageError("configure takes a sweep config: a dict, or its YAML text.")
        config = dict(sweep_dict_or_config)
        for key, take in (
            ("method", self.configure_search),
            ("early_terminate", self.configure_stopping),
        ):
            if callable(config.get(key)):
                function = config.pop(key)
                if key == "method":
                    take(function)
                else:
                    self._stopping = function  # in a config it is the function itself
        self._config.update(config)

    def configure_search(self, search: str | Search) -> None:
        """Set the method: its name, or a function (config, runs) → a run with a config, or None."""
        self._check_open()
        self._config["method"] = search if isinstance(search, str) else CUSTOM
        if not isinstance(search, str):
            if not callable(search):
                raise UsageError("configure_search takes a method's name or a function.")
            self._search = search

    def configure_stopping(self, stopping: str | Callable[..., Stopping], **kwargs: Any) -> None:
        """Set early termination: its type and keys, or what makes a stopping function.

        Args:
            stopping: "hyperband" and so on; or a function that gets `kwargs` as a dict and
                returns the stopping function (config, runs) → the runs to stop.
            kwargs: keys of the `early_terminate` block, or for the function.
        """
        self._check_open()
        if isinstance(stopping, str):
            block = self._config.setdefault("early_terminate", {})
            block.update(kwargs, type=stopping)
        elif callable(stopping):
            self._stopping = stopping(kwargs)
        else:
            raise UsageError("configure_stopping takes a type's name or a function.")

    def configure_metric(self, metric: str, goal: str | None = None) -> None:
        """Set the metric, and whether to "minimize" (default) or "maximize" it."""
        self._check_open()
        self._config.setdefault("metric", {}).update(
            name=metric, **({"goal": goal} if goal else {})
        )

    def configure_parameter(
        self,
        name: str,
        values: Sequence[Any] | None = None,
        value: Any = None,
        distribution: str | None = None,
        min: Any = None,  # noqa: A002 - W&B's name
        max: Any = None,  # noqa: A002 - W&B's name
        mu: float | None = None,
        sigma: float | None = None,
        q: float | None = None,
        a: float | None = None,
        b: float | None = None,
    ) -> None:
        """Add a parameter by the keys of a sweep config."""
        self._check_open()
        keys = {
            "values": values,
            "value": value,
            "distribution": distribution,
            "min": min,
            "max": max,
            "mu": mu,
            "sigma": sigma,
            "q": q,
            "a": a,
            "b": b,
        }
        spec = {key: item for key, item in keys.items() if item is not None}
        parameter = self._config.setdefault("parameters", {}).setdefault(name, {})
        parameter.update(spec or {"value": None})

    def configure_program(self, program: str | Callable[[], Any]) -> None:
        """Set the program: its path, or a training function, which `run` then runs itself."""
        self._check_open()
        if isinstance(program, str):
            self._config["program"] = program
        elif callable(program):
            self._program = program
        else:
            raise UsageError("configure_program takes a path or a training function.")

    def configure_name(self, name: str) -> None:
        """Set the display name."""
        self._check_open()
        self._config["name"] = name

    def configure_description(self, description: str) -> None:
        """Set the description."""
        self._check_open()
        self._config["description"] = description

    def configure_controller(self, type: str) -> None:  # noqa: A002 - W&B's name
        """W&B's: "local"; the controller always is."""
        self._check_open()
        if type != "local":
            raise UsageError(f"configure_controller({type!r}): 'local' is what there is.")

    def create(self) -> str:
        """Create the sweep and return its id.

        Raises:
            UsageError: nothing was configured, or the sweep is there.
            ConfigError: the config is wrong.
        """
        self._check_open()
        if not self._config:
            raise UsageError("create: nothing is configured. configure(config) comes first.")
        config = {**self._config, "controller": {"type": "local"}}
        sweep_id, notes = new_sweep(config, self._project, None)
        self.attach(sweep_id)
        if not session.silent():
            for note in notes:
                say(f"Note: {note}")
            say(f"Create sweep with ID: {sweep_id}")
        return sweep_id

    def attach(self, sweep_id: str) -> None:
        """Steer an existing sweep."""
        self._sweep = Sweep(sweep_id)
        session.attach_controller(self._sweep.id, self)

    # Run

    @property
    def sweep_id(self) -> str | None:
        """Id of the sweep; None before `create`."""
        return self._sweep.id if self._sweep else None

    @property
    def sweep_config(self) -> dict[str, Any]:
        """The config of the sweep, or what is configured so far."""
        return self._sweep.config if self._sweep else dict(self._config)

    def run(
        self,
        verbose: bool = False,
        print_status: bool = True,
        print_actions: bool = False,
        print_debug: bool = False,
        *,
        workers: int = 1,
        count: int | None = None,
    ) -> None:
        """Steer the sweep until it is done; agents elsewhere run it, in any number at once.

        An interrupt ends the steering, not the sweep.

        Args:
            verbose: print all of the following.
            print_status: a line whenever a run begins or ends.
            print_actions: what was scheduled and stopped.
            print_debug: what stopping functions say.
            workers: for a training function given to `configure_program`: so many at once.
            count: for the same: take so many runs.
        """
        sweep = self._started("run")
        own = None
        if self._program is not None:
            own = agent(sweep, self._program, count=count, workers=workers, background=True)
        try:
            while not self.done() and not (own is not None and own.status == "done"):
                if print_status or verbose:
                    self.print_status()
                self.step()
                if print_actions or verbose:
                    self.print_actions()
                if print_debug or verbose:
                    self.print_debug()
                if own is None:
                    time.sleep(POLL_S)
                else:
                    own.wait(POLL_S)
        except KeyboardInterrupt:
            if own is not None:
                own.stop(now=True)
        if own is not None:
            own.wait()
        if print_status or verbose:
            self.print_status()

    def step(self) -> None:
        """Once: schedule what the search function suggests, stop what the stopping one names."""
        sweep = self._started("step")
        if self._search is not None and not self._exhausted and not self._waiting():
            self.schedule(self.search())
        self.stop_runs(self.stopping())
        if self._exhausted and not self._waiting():
            snapshot = sweep.snapshot()
            if all(run.state.ended for run in snapshot.runs):
                sweep.store.set_sweep_state(
                    sweep.id,
                    SweepState.FINISHED,
                    expected=[SweepState.PENDING, SweepState.RUNNING],
                    reason="the search function has nothing left to try",
                    at=time.time(),
                )

    def done(self) -> bool:
        """Whether the sweep has ended."""
        sweep = self._started("done")
        return sweep.store.sweep(sweep.id).state.ended

    def search(self) -> Any:
        """The next suggestion of the search function, or of the sweep's method; None at the end."""
        sweep = self._started("search")
        if self._search is not None:
            suggestion = self._search(sweep.config, self.runs())
            self._exhausted = suggestion is None
            return suggestion
        snapshot = sweep.snapshot(curves=sweep.stored.config.learns_from_curves)
        config = sweep.stored.config_of(snapshot.sweep)
        known = Evidence.of(snapshot, config)
        suggest = search.method_for(config)
        number = 1 + max(known.latest, default=0) + self._waiting()
        rng = search.generator(snapshot.sweep.seed, number)
        suggestion = suggest(config, known.observations, known.pending, rng)
        if suggestion is None:
            self._exhausted = True
            return None
        nested = config.space.nest(suggestion.params)
        return EngineRun(config={key: {"value": value} for key, value in nested.items()})

    def schedule(self, run: Any) -> None:
        """Have the next agent that asks run this; None does nothing."""
        if run is None:
            return
        params = params_of(run)
        self._started("schedule").enqueue(params)
        self._actions.append(("Schedule", ",".join(f"{k}={v}" for k, v in sorted(params.items()))))

    def stopping(self) -> list[Any]:
        """The runs to stop, by the stopping function or the sweep's early termination."""
        sweep = self._started("stopping")
        if self._stopping is not None:
            doomed = list(self._stopping(sweep.config, self.runs()) or ())
        else:
            config = sweep.stored.config
            if config.early_terminate is None:
                return []
            snapshot = with_present_curves(sweep.snapshot(curves=True))
            shown = list(shown_runs(config, snapshot).values())
            params = {run.id: run.params for run in snapshot.runs}
            wanted = {run.id for run in snapshot.runs if was_requested(run)}
            decisions = stops(config, shown, None, params)
            reasons = {s.run_id: s.reason for s in decisions if s.run_id not in wanted}
            doomed = [run for run in self.runs() if run.name in reasons]
            for run in doomed:
                run.early_terminate_info = {"reason": reasons[run.name]}
        for run in doomed:
            info = getattr(run, "early_terminate_info", None)
            if info:
                self._debug.append(" ".join(f"{key}={value}" for key, value in info.items()))
        return doomed

    def stop_runs(self, runs: Sequence[Any]) -> None:
        """Stop runs at their next `log`, as early termination does: their metric counts."""
        store = self._started("stop_runs").store
        stopped = []
        for run in runs:
            if run.name in self._asked:
                continue
            info = getattr(run, "early_terminate_info", None) or {}
            reason = str(info.get("reason") or "stopped by the stopping function")
            self._asked.add(run.name)
            if stop_run(store, run.name, reason, RunState.STOPPED):
                stopped.append(run.name)
        if stopped:
            self._actions.append(("Stop", ",".join(stopped)))

    def runs(self) -> list[EngineRun]:
        """The runs of the sweep in the engine's form, as the functions get them."""
        sweep = self._started("runs")
        runs = []
        for record in sweep.snapshot().runs:
            rows = self._histories.setdefault(record.id, [])
            if len(rows) < record.history_rows:
                rows += sweep.store.history(record.id, len(rows))
            runs.append(engine_run(record, rows))
        return runs

    def print_status(self) -> None:
        """Print where the sweep is, when that has changed."""
        sweep = self._started("print_status")
        runs = sweep.snapshot().runs
        counts = Counter(run.state.value for run in runs)
        states = ", ".join(f"{state.capitalize()}: {n}" for state, n in counts.items())
        config = sweep.config
        options = [str(config.get("method"))]
        if self._stopping is not None:
            options.append(CUSTOM)
        elif config.get("early_terminate"):
            options.append(str(config["early_terminate"].get("type")))
        status = f"Sweep: {sweep.id} ({','.join(options)}) | Runs: {len(runs)}"
        status += f" ({states})" if states else ""
        if status != self._last_status:
            say(status)
        self._last_status = status

    def print_actions(self) -> None:
        """Print what was scheduled and stopped since the last call."""
        for action, what in self._actions:
            say(f"INFO: {action} ({what})")
        self._actions = []

    def print_debug(self) -> None:
        """Print what stopping functions said since the last call."""
        for line in self._debug:
            say(f"DEBUG: {line}")
        self._debug = []

    def print_space(self) -> None:
        """Print the search space, a line a parameter."""
        for parameter in self._started("print_space").stored.config.space:
            say(f"{parameter.name}: {parameter.distribution}")

    def print_summary(self) -> None:
        """Print the runs, best first, as a table."""
        from nbsweep.view.render import final_bundle

        sweep = self._started("print_summary")
        config = sweep.stored.config
        say(final_bundle(sweep.snapshot(curves=True), config, now=time.time())["text/plain"])

    # For the agents of this process

    def suggest(self, *ignored: Any) -> Mapping[str, Any] | None:
        """What the search function suggests next, as a search function of `agent`."""
        del ignored
        suggestion = self.search()
        return None if suggestion is None else params_of(suggestion)

    @property
    def search_function(self) -> Callable[..., Any] | None:
        """`suggest` for a sweep with a search function, else None."""
        return None if self._search is None else self.suggest

    def look(self) -> None:
        """Stop what the stopping function names; called by agents as they wait."""
        if self._stopping is not None and self._looking.acquire(blocking=False):
            try:
                self.stop_runs(self.stopping())
            finally:
                self._looking.release()

    # Inside

    def _waiting(self) -> int:
        """How many scheduled suggestions no agent has taken yet."""
        assert self._sweep is not None
        snapshot = self._sweep.snapshot()
        taken = {run.origin["enqueued"] for run in snapshot.runs if "enqueued" in run.origin}
        return len(set(range(len(snapshot.sweep.queue))) - taken)

    def _check_open(self) -> None:
        if self._sweep is not None:
            raise UsageError(
                f"The sweep {self._sweep.id} is there; what it searches cannot be configured any "
                "more. Make another controller(), or Sweep(sweep_id).edit(…) its ranges."
            )

    def _started(self, what: str) -> Sweep:
        if self._sweep is None:
            raise UsageError(f"{what}: there is no sweep yet. configure(config) and create() it.")
        return self._sweep
