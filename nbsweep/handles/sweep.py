"""A sweep and its runs, to read, plot and steer: `Sweep(sweep_id)`."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbsweep import sweep_config
from nbsweep.control.asked import AskedRun, Desk
from nbsweep.errors import MissingDependencyError, UsageError
from nbsweep.records import RunRecord, RunState, Snapshot, SweepState
from nbsweep.runs import session
from nbsweep.runs.run import Run
from nbsweep.runs.stop import stop_run
from nbsweep.search.custom_search import SearchFunction
from nbsweep.store import open_store
from nbsweep.store.base import Store
from nbsweep.sweep_config import SweepConfig
from nbsweep.sweep_config.points import read_point
from nbsweep.sweep_config.reader import Reader, plain_value

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from nbsweep.analysis.forecast import Forecast
    from nbsweep.analysis.frame import Frame
    from nbsweep.analysis.stop_preview import EarlyTerminationPreview
    from nbsweep.analysis.why import Explanation
    from nbsweep.handles.narrower import ChildSweep
    from nbsweep.panel.widget import Panel
    from nbsweep.sweep_config.narrowing import Range


class SweepRun:
    """One run of a sweep as the store has it; a value, it does not change by itself.

    Attributes:
        id, name, number, attempt, notes, group, job_type: as stored.
        state: "finished", "failed", … as W&B spells them.
        params: flat parameter name to value, as suggested.
        config: the whole config, nested.
        summary: last value of each metric.
        metric: value of the sweep's metric, None when the run has none.
        error: full traceback of the exception that ended it, or None.
        stop_reason: why it was stopped, early or by a person; None when it was not.
        origin: why the search suggested these params.
        duration_s: seconds it ran, or None.
        code_hash: version of the training code, or None.
        peak_memory_bytes: most memory its process was seen to use, or None.
    """

    def __init__(self, record: RunRecord, store: Store, metric: sweep_config.Metric | None) -> None:
        self._store = store
        self._metric = metric
        self.id = record.id
        self.name = record.name
        self.number = record.number
        self.attempt = record.attempt
        self.state = record.state.value
        self.params = dict(record.params)
        self.config = dict(record.config)
        self.summary = dict(record.summary)
        self.metric = metric.of(record.summary) if metric else None
        self.error = record.error
        finished = record.state is RunState.FINISHED  # it was faster than the request
        self.stop_reason = None if finished else record.stop_requested
        self.origin = dict(record.origin)
        self.duration_s = record.duration_s
        self.code_hash = record.code_hash
        self.peak_memory_bytes = record.peak_memory_bytes
        self.tags = list(record.tags)
        self.notes = record.notes
        self.group = record.group
        self.job_type = record.job_type

    @property
    def children(self) -> list[SweepRun]:
        """Its parts, such as the folds that `init(group=…)` made inside of it, oldest first."""
        return [
            SweepRun(record, self._store, self._metric)
            for record in self._store.runs(parent_id=self.id)
        ]

    def history(self) -> list[dict[str, Any]]:
        """All rows it logged, each with W&B's `_step` and `_timestamp` (unix seconds)."""
        return [
            {**row.values, "_step": row.step, "_timestamp": row.time_s}
            for row in self._store.history(self.id)
        ]

    def console(self) -> str:
        """What it printed, warnings and progress bars' last states included."""
        return self._store.console(self.id)

    def __repr__(self) -> str:
        metric = "" if self.metric is None else f", metric {self.metric:.6g}"
        return f"<SweepRun {self.name} ({self.state}{metric})>"


class Sweep:
    """A sweep of the store: its runs, its best one, its plots, its switches.

    Every property reads the store anew, so a handle may be kept while agents work.
    As the last line of a cell it shows the runs, the parallel coordinates plot and
    the importance panel.

    Args:
        sweep_id: as `nbsweep.sweep` returned it; ``project/id`` and
            ``entity/project/id`` work too.
        store: URL of the store; default: where `nbsweep.sweep` writes.

    Raises:
        NotFoundError: there is no such sweep in the store.
    """

    def __init__(self, sweep_id: str, store: str | None = None) -> None:
        if not isinstance(sweep_id, str) or sweep_id.count("/") > 2:
            raise UsageError(
                f"sweep id {sweep_id!r}: give the text that nbsweep.sweep returned, such as "
                "'x7k2q9ab', or 'project/x7k2q9ab'."
            )
        self.id = sweep_id.rpartition("/")[2]
        self.store = session.store() if store is None else open_store(store)
        self._parsed = sweep_config.parse(self.store.sweep(self.id).config)
        self._desk: Desk | None = None
        self._desk_lock = threading.Lock()

    # Read

    @property
    def name(self) -> str:
        """Display name, else the id."""
        return self.store.sweep(self.id).name or self.id

    @property
    def project(self) -> str:
        """Project it is filed under."""
        return self.store.sweep(self.id).project

    @property
    def state(self) -> str:
        """PENDING, RUNNING, PAUSED, FINISHED, CANCELED, CRASHED or FAILED, as in W&B."""
        return self.store.sweep(self.id).state.value

    @property
    def config(self) -> dict[str, Any]:
        """The sweep config."""
        return sweep_config.to_dict(self._config)

    @property
    def _config(self) -> SweepConfig:
        """The checked config, which somebody may have edited since it was last read."""
        self._parsed = sweep_config.current(self._parsed, self.store.sweep(self.id))
        return self._parsed

    @property
    def runs(self) -> list[SweepRun]:
        """All runs, in the order they were suggested."""
        metric = self._parsed.metric  # which no edit changes
        return [SweepRun(run, self.store, metric) for run in self.snapshot().runs]

    def best_run(self) -> SweepRun | None:
        """The finished (or early stopped) run with the best metric; None without one.

        Raises UsageError when the sweep config names no metric.
        """
        metric = self._config.metric
        if metric is None:
            raise UsageError(
                f"Sweep {self.id} has no metric, so no run is best. Name one in the config: "
                '"metric": {"name": "loss", "goal": "minimize"}.'
            )
        best = metric.best_run(self.snapshot().runs)
        return SweepRun(best[0], self.store, metric) if best else None

    def dataframe(self) -> pd.DataFrame:
        """One row per run: number, name, state, params, metrics of the summary, duration_s.

        A parameter and a metric of one name keep apart as ``config.x`` and ``summary.x``.
        """
        try:
            import pandas as pd
        except ImportError:
            raise MissingDependencyError(
                'dataframe() needs an extra package: pip install "nbsweep[pandas]"'
            ) from None
        rows = self.rows()
        frame = pd.DataFrame(rows)
        return frame.set_index("run") if rows else frame

    def rows(self) -> list[dict[str, Any]]:
        """One dict per run, as `dataframe` shows them; needs no pandas."""
        runs = self.runs
        names = {name for run in runs for name in run.params}
        metrics = {name for run in runs for name in run.summary}
        both = names & metrics
        return [
            {
                "run": run.number,
                "id": run.id,
                "name": run.name,
                "state": run.state,
                **{f"config.{k}" if k in both else k: v for k, v in run.params.items()},
                **{f"summary.{k}" if k in both else k: v for k, v in run.summary.items()},
                "duration_s": run.duration_s,
            }
            for run in runs
        ]

    def snapshot(self, *, curves: bool = False) -> Snapshot:
        """One consistent read of the sweep."""
        return self.store.snapshot(self.id, curves=curves)

    def snapshots(self, *, curves: bool = False) -> Callable[[], Snapshot]:
        """A function that reads the sweep again and again at the cost of what changed."""
        last: Snapshot | None = None

        def read() -> Snapshot:
            nonlocal last
            last = self.store.snapshot(self.id, last, curves=curves)
            return last

        return read

    def why(self, run: SweepRun | str | int) -> Explanation:
        """Why a run has its params: which model or draw they came from, and what it expected.

        Args:
            run: a run of `runs`, its id, or its number; a prior run's id works too.

        Raises:
            UsageError: there is no such run.
        """
        from nbsweep.analysis.why import explain, explain_prior

        snapshot = self.snapshot()
        for entry in snapshot.sweep.prior:
            if entry["run_id"] == (run.id if isinstance(run, SweepRun) else run):
                return explain_prior(entry, self._config)
        return explain(self._find(run), snapshot, self._config)

    def recompute(
        self, run: SweepRun | str | int, search: SearchFunction | None = None
    ) -> dict[str, Any]:
        """The params of a run, computed anew from the sweep's seed and the runs known then.

        Which runs those were is kept in the run's ``origin["seen"]``, so that the params can
        be checked at any later time, however many workers there were.

        Args:
            run: a run of `runs`, its id, or its number.
            search: the search function, for a sweep with method "custom" without scheduler.

        Raises:
            UsageError: there is no such run, or it is not known what its suggestion had seen.
        """
        from nbsweep.search.recompute import recompute

        return dict(recompute(self._find(run), self.snapshot(), search).params)

    def early_termination_preview(self, **block: Any) -> EarlyTerminationPreview:
        """Which finished runs early termination would have stopped, and what that saves.

        Args:
            block: keys of an `early_terminate` block, such as ``type="hyperband",
                min_iter=3``; without any the block of the sweep's config.

        Raises:
            ConfigError: the block is wrong.
            UsageError: the sweep has no metric, or no block is given anywhere.
        """
        from nbsweep.analysis.stop_preview import preview

        config = self._config
        if block:
            rule = sweep_config.parse_early_terminate(block)
            config = replace(config, early_terminate=rule)
        if config.early_terminate is None:
            raise UsageError(
                f"Sweep {self.id} has no early_terminate block. Give one to try: "
                'early_termination_preview(type="hyperband", min_iter=3).'
            )
        if config.metric is None:
            raise UsageError(
                f"Sweep {self.id} has no metric to compare runs by. Name one in the config: "
                '"metric": {"name": "loss", "goal": "minimize"}.'
            )
        return preview(self.snapshot(curves=True), config)

    def forecast(self) -> Forecast:
        """Is it worth going on? What the next runs may gain, and where runs under way head.

        Its ``.suggestion`` is "go on", "stop", or "unknown" where there is no ground to say:
        too few runs, or none that a model of the others predicts.
        """
        from nbsweep.analysis.forecast import forecast

        return forecast(self.snapshot(curves=True), self._config)

    # Plot

    def parallel_coordinates(self, metric: str | None = None) -> go.Figure:
        """A plotly figure: an axis per swept parameter, the metric last, coloured by it."""
        from nbsweep.analysis.parallel_coordinates import collect
        from nbsweep.plots.parallel_coordinates import draw_parallel_coordinates
        from nbsweep.plots.still import FigureWithStill
        from nbsweep.view.render import plot_bundle
        from nbsweep.view.svg import lines_plot

        columns = self._frame(metric)
        data = collect(columns)

        def still() -> dict[str, str]:
            plot = lines_plot(columns, data)
            return plot_bundle(plot) if plot else {}

        return FigureWithStill(draw_parallel_coordinates(data), still)

    def importance(self, metric: str | None = None) -> go.Figure:
        """A plotly figure: how much each parameter decides, beside its correlation."""
        from nbsweep.analysis.importance import importance
        from nbsweep.plots.importance import draw_importance
        from nbsweep.plots.still import FigureWithStill
        from nbsweep.view.render import plot_bundle
        from nbsweep.view.svg import importance_plot

        found = importance(self._frame(metric))
        return FigureWithStill(draw_importance(found), lambda: plot_bundle(importance_plot(found)))

    def history(self, metric: str | None = None) -> go.Figure:
        """A plotly figure: the metric of each run and the best so far."""
        from nbsweep.plots.history import collect_history, draw_history

        return draw_history(collect_history(self._frame(metric)))

    def slice(self, metric: str | None = None) -> go.Figure:
        """A plotly figure: the metric against each parameter."""
        from nbsweep.plots.slice import collect_slice, draw_slice

        return draw_slice(collect_slice(self._frame(metric)))

    # Hand out by hand

    def ask(self, search: SearchFunction | None = None) -> AskedRun | None:
        """The next run, for a loop of your own; None when nothing is left to hand out.

        The run is under way at once: `run.config` has its params, `run.log` works, and
        `run.tell(value)` or the end of ``with run:`` ends it. While the sweep is paused the
        call waits. Any thread may ask.

        Args:
            search: the search function of a sweep with method "custom", at the first call.

        Example:
            >>> while (run := sweep.ask()) is not None:
            ...     run.tell(objective(run.config.learning_rate))
        """
        with self._desk_lock:
            if self._desk is None:
                self._desk = Desk(self.store, self.id, search)
        return self._desk.ask(_let_clicks_in)

    def tell(
        self, run: Run | SweepRun | str | int, value: Any = None, state: str = "finished"
    ) -> None:
        """End a run that `ask` handed out in this process; see `AskedRun.tell`.

        Args:
            run: the run, its id or its number.
            value: the metric, a dict of metrics, or None when the run logged it.
            state: "finished", "failed", "killed", "stopped" or "crashed".

        Raises:
            UsageError: it was not asked for here, has ended, or lacks the metric.
        """
        wanted = run.id if isinstance(run, Run) else run
        live = session.live_run(self._find(wanted).id)
        if not isinstance(live, AskedRun):
            record = self._find(wanted)
            how = f"it has ended ({record.state.value})" if record.state.ended else "elsewhere"
            raise UsageError(
                f"tell: run {record.number} is not one that this process asked for and that is "
                f"open: {how}. Keep the run that ask() returned, and tell it once."
            )
        live.tell(value, state)

    # Steer

    def enqueue(self, params: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        """Hand out a point, or several, before anything that the search suggests.

        They wait in the sweep's queue until an agent or `ask` takes them, in order and
        after the config's `initial_points`. Parameters left out are chosen by the method.

        Args:
            params: parameter names and values, flat or nested; a list for several points.

        Raises:
            ConfigError: a point is not in the search space; then none is enqueued.

        Example:
            >>> nbsweep.Sweep(sweep_id).enqueue({"learning_rate": 0.01, "batch_size": 32})
        """
        several = not isinstance(params, Mapping) and isinstance(params, Sequence)
        reader, points = Reader(), []
        for i, point in enumerate(params if several else [params]):
            path = (f"params[{i}]",) if several else ("params",)
            plain = plain_value(point, path, reader)
            points.append(read_point(reader, path, self._config.space, plain))
        reader.raise_problems()
        self.store.enqueue(self.id, [point for point in points if point is not None])

    def pause(self) -> None:
        """Hand out no more runs until `resume`; those under way continue."""
        self._change(SweepState.PAUSED, "pause", (SweepState.PENDING, SweepState.RUNNING))

    def resume(self) -> None:
        """Hand out runs again; also opens an ended sweep."""
        self.store.set_sweep_state(self.id, SweepState.RUNNING)

    def stop(self, now: bool = False) -> None:
        """End the sweep: no new runs; those under way finish, or stop now at their next `log`."""
        self._change(SweepState.FINISHED, "stop", _OPEN, reason="stopped")
        if now:
            self._stop_runs("the sweep was stopped")

    def cancel(self) -> None:
        """End the sweep and stop the runs under way at their next `log`."""
        self._change(SweepState.CANCELED, "cancel", _OPEN, reason="canceled")
        self._stop_runs("the sweep was canceled")

    def kill(self, run: SweepRun | str | int) -> None:
        """Stop one run at its next `log`, wherever it executes.

        Args:
            run: a run of `runs`, its id, or its number.

        Raises:
            UsageError: there is no such run, or it has ended.
        """
        record = self._find(run)
        if not stop_run(self.store, record.id, "stopped by hand"):
            raise UsageError(f"kill: run {record.number} has ended ({record.state.value}).")

    def edit(self, parameters: Mapping[str, Any]) -> None:
        """Change what parameters can be, while agents work too: from their next suggestion on.

        The history is kept. Runs that lie inside of the new search space count as before;
        the search no longer learns from the others. Runs under way go on.

        Args:
            parameters: name (nested ones joined by ".") to a spec as in the sweep config,
                such as ``{"values": ["adam"]}``, or to the keys of it that change, such as
                ``{"max": 0.01}``.

        Raises:
            ConfigError: there is no such parameter, or it cannot be like that.
        """
        from nbsweep.sweep_config.edits import edited, without_initial_points

        while True:
            snapshot = self.snapshot()
            before = sweep_config.current(self._parsed, snapshot.sweep)
            handed_out = {run.origin.get("initial_point") for run in snapshot.runs}
            if handed_out >= set(range(len(before.initial_points))):
                before = without_initial_points(before)  # they need not fit any more
            config, changes = edited(before, parameters)
            if not changes:
                return
            edit = {
                "at": time.time(),
                "after_run": max((run.number for run in snapshot.runs), default=0),
                "text": "; ".join(f"{name}: {one['text']}" for name, one in changes.items()),
                "parameters": changes,
            }
            source, seen = sweep_config.to_dict(config), len(snapshot.sweep.edits)
            if self.store.edit_sweep(self.id, source, edit, seen_edits=seen) is not None:
                return  # else somebody else was faster, whose edit is to be kept

    def narrow(
        self,
        ranges: Mapping[str, Range] | None = None,
        *,
        runs: Sequence[SweepRun | str | int] | None = None,
    ) -> ChildSweep:
        """A new sweep in a smaller space that reuses the runs inside of it; not yet created.

        The last line of a cell shows it with the code that makes it; ``.create()`` does.

        Args:
            ranges: parameter to ``(low, high)``, or to a list of the values to keep.
            runs: keep what lies around these runs (at least two), such as
                ``panel.selected``; `ranges` goes before where both are given.

        Raises:
            ConfigError: there is no such parameter, or nothing is left of it.
            UsageError: nothing is given, or nothing would be narrower.

        Example:
            >>> child = sweep.narrow({"learning_rate": (0.001, 0.01)})
            >>> nbsweep.agent(child.create(), train, count=20)
        """
        from nbsweep.handles.narrower import ChildSweep
        from nbsweep.sweep_config.edits import without_initial_points
        from nbsweep.sweep_config.narrowing import narrowed, ranges_around

        before = self._config
        around: Mapping[str, Range] = {}
        if runs is not None:
            params = [self._find(run).params for run in runs]
            if len(params) < FEWEST_AROUND:
                raise UsageError(
                    f"narrow: {len(params)} runs show no range. Give at least {FEWEST_AROUND}."
                )
            around = ranges_around(before, params)
        config, changes = narrowed(without_initial_points(before), {**around, **(ranges or {})})
        if not changes:
            raise UsageError(
                "narrow: nothing would be narrower. Give ranges, such as "
                'narrow({"learning_rate": (0.001, 0.01)}), or runs=panel.selected.'
            )
        source = sweep_config.to_dict(config)
        record = self.store.sweep(self.id)
        if record.name:
            source["name"] = f"{record.name}, narrowed"
        return ChildSweep(
            parent_id=self.id,
            project=record.project,
            config=source,
            changes=tuple(f"{name}: {change['text']}" for name, change in changes.items()),
            prior_runs=tuple(self.run_ids_inside(source)),
            _store=self.store,
        )

    def run_ids_inside(self, config: Mapping[str, Any]) -> list[str]:
        """Ids of ended runs whose params lie in the search space of another config.

        What a new sweep can learn from: ``nbsweep.sweep(config, prior_runs=…)``. Runs that
        were prior runs of this sweep are among them; none for method "random", which draws
        each run anew.

        Raises:
            ConfigError: with all that is wrong in the config.
        """
        other = sweep_config.parse(config)
        if other.method == "random":
            return []
        snapshot = self.snapshot()
        ended = [(run.id, run.params) for run in snapshot.runs if run.state.ended]
        prior = [(entry["run_id"], entry["params"]) for entry in snapshot.sweep.prior]
        found = [run_id for run_id, params in [*prior, *ended] if other.space.contains(params)]
        return list(dict.fromkeys(found))

    def retry(self, run: SweepRun | str | int) -> None:
        """Have the params of an ended run tried once more, as a new attempt, before any new ones.

        Whoever works on the sweep takes it next, whatever run_cap and target say; an ended
        sweep is opened again. Without an agent at work call `nbsweep.agent` for it.

        Args:
            run: a run of `runs`, its id, or its number.

        Raises:
            UsageError: there is no such run, it has not ended, or a later attempt exists.
        """
        record = self._find(run)
        if not self.store.request_retry(record.id):
            if not record.state.ended:
                raise UsageError(
                    f"retry: run {record.number} has not ended; kill({record.number}) stops it."
                )
            raise UsageError(
                f"retry: run {record.number} was tried again already. retry({record.number}) "
                "repeats its last attempt."
            )
        self.store.set_sweep_state(
            self.id, SweepState.RUNNING, expected=[state for state in SweepState if state.ended]
        )

    def console(self, run: SweepRun | str | int) -> str:
        """What a run printed so far, warnings included; also while it is under way.

        Args:
            run: a run of `runs`, its id, or its number.

        Raises:
            UsageError: there is no such run.
        """
        return self.store.console(self._find(run).id)

    def _stop_runs(self, reason: str) -> None:
        for run in self.snapshot().runs:
            if not run.state.ended:
                stop_run(self.store, run.id, reason)

    def _find(self, run: SweepRun | str | int) -> RunRecord:
        wanted = run.id if isinstance(run, SweepRun) else run
        for record in reversed(self.snapshot().runs):  # the last attempt of a number
            if wanted in (record.id, record.number):
                return record
        raise UsageError(f"Sweep {self.id} has no run {wanted!r}. `.runs` lists them.")

    # Show

    @property
    def panel(self) -> Panel:
        """A live panel of the sweep: a widget that follows it, brushes and steers.

        The runs inside the brushes are ``panel.selected``, a list of SweepRun. Made anew by
        each use; needs a notebook front end that shows widgets.
        """
        panel = self.new_panel(self)
        panel.follow()
        return panel

    def new_panel(self, control: object) -> Panel:
        """A panel that shows the sweep as it is; whoever follows the sweep keeps it fresh.

        Args:
            control: what its buttons do, such as the agent at work.
        """
        from nbsweep.panel.widget import Panel

        metric = self._config.metric
        return Panel(
            self.snapshots(curves=True),
            self._config,
            control,
            dataframe=self.dataframe,
            public=lambda record: SweepRun(record, self.store, metric),
            console=self.store.console,
            parts=lambda run_id: self.store.runs(parent_id=run_id),
        )

    def report(self, path: str | Path) -> Path:
        """Write the sweep as one HTML file: the panel, to be brushed without kernel or network.

        Args:
            path: of the file, such as "report.html"; what was there is replaced.

        Returns:
            The path.

        Raises:
            UsageError: the file cannot be written.
        """
        from nbsweep.panel.saved import report

        place = Path(path)
        page = report(self.snapshot(curves=True), self._config, now=time.time())
        try:
            place.write_text(page, encoding="utf-8")
        except OSError as error:
            reason = error.strerror or error
            raise UsageError(f"report: {str(place)!r} cannot be written: {reason}.") from error
        return place

    def __repr__(self) -> str:
        record = self.store.sweep(self.id)
        return f"<Sweep {record.project}/{self.id} ({record.state.value})>"

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> Mapping[str, str]:
        from nbsweep.view.render import final_bundle

        del include, exclude
        return final_bundle(self.snapshot(curves=True), self._config, now=time.time())

    def _frame(self, metric: str | None) -> Frame:
        from nbsweep.analysis.frame import frame

        return frame(self.snapshot(), self._config, metric=metric)

    def _change(
        self,
        state: SweepState,
        verb: str,
        expected: tuple[SweepState, ...],
        reason: str | None = None,
    ) -> None:
        before = self.store.sweep(self.id).state
        if before not in expected:
            raise UsageError(
                f"{verb}: sweep {self.id} is {before.value.lower()}. resume() opens it again."
            )
        self.store.set_sweep_state(self.id, state, expected=expected, reason=reason, at=time.time())


FEWEST_AROUND = 2  # runs, for a range around them


def _let_clicks_in() -> None:
    """While a cell waits: clicks on a panel that would resume the sweep."""
    bridge = sys.modules.get("nbsweep.panel.bridge")
    if bridge is not None and threading.current_thread() is threading.main_thread():
        bridge.poll()


_OPEN = (SweepState.PENDING, SweepState.RUNNING, SweepState.PAUSED)
