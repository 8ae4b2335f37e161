"""A sweep and its runs, to read, plot and steer: `Sweep(sweep_id)`."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from nbsweep import sweep_config
from nbsweep.control.asked import AskedRun, Desk
from nbsweep.control.plan import Plan
from nbsweep.control.schedule import plan_of_sweep
from nbsweep.errors import UsageError
from nbsweep.handles import continuing, leading, narrower, steering
from nbsweep.handles.at_work import steered
from nbsweep.handles.comparisons import Comparing
from nbsweep.handles.conclusions import Conclusions
from nbsweep.handles.confirming import Confirming
from nbsweep.handles.importances import Importances
from nbsweep.handles.narrower import ChildSweep
from nbsweep.handles.panels import new_panel
from nbsweep.handles.plots import Plots
from nbsweep.handles.reporting import Reporting
from nbsweep.handles.stored import StoredSweep, store_with
from nbsweep.handles.sweep_run import SweepRun, dataframe, table_rows
from nbsweep.records import Snapshot, SweepState
from nbsweep.runs import session
from nbsweep.runs.run import Run
from nbsweep.search.custom_search import SearchFunction
from nbsweep.store import Store, open_store

if TYPE_CHECKING:
    import pandas as pd

    from nbsweep.analysis.forecast import Forecast
    from nbsweep.analysis.stop_preview import EarlyTerminationPreview
    from nbsweep.analysis.why import Explanation
    from nbsweep.panel.widget import Panel
    from nbsweep.sweep_config.narrowing import Range


class Sweep(Plots, Importances, Conclusions, Confirming, Comparing, Reporting):
    """A sweep of the store: its runs, its best one, its plots, its switches.

    Every property reads the store each time, so a handle may be kept while agents work.
    As the last line of a cell it shows the runs, the parallel coordinates plot and
    the importance panel.

    Args:
        sweep_id: as `nbsweep.sweep` returned it; ``project/id`` and
            ``entity/project/id`` work too.
        store: URL of the store, or the open one; default: where `nbsweep.sweep` writes.

    Attributes:
        id: without the project.
        store: where it is.
        stored: what the store has of it, for the rest of nbsweep.

    Raises:
        NotFoundError: there is no such sweep in the store.
    """

    def __init__(self, sweep_id: str, store: str | Store | None = None) -> None:
        if not isinstance(sweep_id, str) or sweep_id.count("/") > 2:
            raise UsageError(
                f"sweep id {sweep_id!r}: give the text that nbsweep.sweep returned, such as "
                "'x7k2q9ab', or 'project/x7k2q9ab'."
            )
        self.id = sweep_id.rpartition("/")[2]
        if store is None:
            store = store_with(self.id)
        self.store = open_store(store) if isinstance(store, str) else store
        self.stored = StoredSweep(self.store, self.id)
        self._desk: Desk | None = None
        self._desk_lock = threading.Lock()

    # Read

    @property
    def name(self) -> str:
        """Display name, else the id."""
        return self.stored.record.name or self.id

    @property
    def project(self) -> str:
        """Project it is filed under."""
        return self.stored.record.project

    @property
    def state(self) -> str:
        """PENDING, RUNNING, PAUSED, FINISHED, CANCELED, CRASHED or FAILED, as in W&B."""
        return self.stored.record.state.value

    @property
    def config(self) -> dict[str, Any]:
        """The sweep config."""
        return sweep_config.to_dict(self.stored.config)

    @property
    def runs(self) -> list[SweepRun]:
        """All runs, in the order they were suggested."""
        return self.stored.runs()

    def best_run(self) -> SweepRun | None:
        """The finished (or early stopped) run with the best metric; None without one.

        Where runs were repeated, the one that stands for the first of `leaders`. With limits
        (`at_most`, `at_least`) the best of the runs that are known to keep them; None where
        none does.

        Raises:
            UsageError: the sweep config names no metric, or several objectives: then no one
                run is the best, and `best_runs` gives the front.
        """
        return leading.best_run(self.stored)

    def best_runs(self, count: int | None = None) -> list[SweepRun]:
        """The best runs, the best first: all that count, or so many of them; see `best_run`.

        With several objectives the Pareto front: the runs that no other dominates, in the
        order of the first objective. With `count` those of the front that together cover most
        of its hypervolume.

        Raises:
            UsageError: the sweep config names no metric.
        """
        return leading.best_runs(self.stored, count)

    def dataframe(self) -> pd.DataFrame:
        """One row per run: number, name, state, params, metrics of the summary, duration_s.

        A parameter and a metric of one name keep apart as ``config.x`` and ``summary.x``.
        """
        return dataframe(self.stored.runs())

    def rows(self) -> list[dict[str, Any]]:
        """One dict per run, as `dataframe` shows them; needs no pandas."""
        return table_rows(self.stored.runs())

    def snapshot(self, *, curves: bool = False) -> Snapshot:
        """One consistent read of the sweep."""
        return self.stored.snapshot(curves=curves)

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
                return explain_prior(entry, self.stored.config)
        return explain(self.stored.find(run), snapshot, self.stored.config)

    def recompute(
        self, run: SweepRun | str | int, search: SearchFunction | None = None
    ) -> dict[str, Any]:
        """The params of a run, recomputed from the sweep's seed and the runs known then.

        Which runs those were is kept in the run's ``origin["seen"]``, so that the params can
        be checked at any later time, however many workers there were.

        Args:
            run: a run of `runs`, its id, or its number.
            search: the search function, for a sweep with method "custom" without scheduler.

        Raises:
            UsageError: there is no such run, or it is not known what its suggestion had seen.
        """
        from nbsweep.search.recompute import recompute

        snapshot = self.snapshot(curves=self.stored.config.learns_from_curves)
        return dict(recompute(self.stored.find(run), snapshot, search).params)

    def plan(self, workers: int = 1) -> Plan | None:
        """What still fits before the sweep's `run_time` is over; `str` of it is a sentence.

        None for a sweep without `run_time`, before its first run, and once it has ended.

        Args:
            workers: runs under way at once, of all agents together.
        """
        snapshot = self.snapshot()
        return plan_of_sweep(self.stored.config_of(snapshot.sweep), snapshot, time.time(), workers)

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

        config = self.stored.config
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

        Its ``.suggestion`` is "go on", "stop", or "unknown" where neither can be
        said: too few runs, or none that a model of the others predicts.
        """
        from nbsweep.analysis.forecast import forecast

        return forecast(self.snapshot(curves=True), self.stored.config)

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
        live = session.live_run(self.stored.find(wanted).id)
        if not isinstance(live, AskedRun):
            record = self.stored.find(wanted)
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
        steering.enqueue(self.stored, params)

    def pause(self) -> None:
        """Hand out no more runs until `resume`; those under way continue."""
        steering.change_state(self.stored, SweepState.PAUSED, "pause", steering.HANDING_OUT)

    def resume(self) -> None:
        """Hand out runs again; also opens an ended sweep, which gets another `run_time`."""
        steering.resume(self.stored)

    def stop(self, now: bool = False) -> None:
        """End the sweep: no new runs; those under way finish, or stop now at their next `log`.

        Raises UsageError when the sweep has ended; with `now` only if no run is under way.
        """
        if now:
            steering.stop_now(self.stored, SweepState.FINISHED, "stop", "stopped")
        else:
            steering.change_state(self.stored, SweepState.FINISHED, "stop", reason="stopped")

    def cancel(self) -> None:
        """End the sweep and stop the runs under way at their next `log`.

        Raises UsageError when the sweep has ended and no run is under way any more.
        """
        steering.stop_now(self.stored, SweepState.CANCELED, "cancel", "canceled")

    def kill(self, run: SweepRun | str | int) -> None:
        """Stop one run at its next `log`, wherever it executes.

        Args:
            run: a run of `runs`, its id, or its number.

        Raises:
            UsageError: there is no such run, or it has ended.
        """
        steering.kill(self.stored, run)

    def edit(self, parameters: Mapping[str, Any]) -> None:
        """Change what parameters can be, while agents work too: from their next suggestion on.

        The history is kept. Runs that lie inside the new search space count as before;
        the search no longer learns from the others. Runs under way go on.

        Args:
            parameters: name (nested ones joined by ".") to a spec as in the sweep config,
                such as ``{"values": ["adam"]}``, or to the keys of it that change, such as
                ``{"max": 0.01}``.

        Raises:
            ConfigError: there is no such parameter, or it cannot be like that.
        """
        steering.edit(self.stored, parameters)

    def believe(self, beliefs: Mapping[str, Any]) -> None:
        """Say where you think the best values are; the search begins there from now on.

        Nothing is ruled out, and the search space and all runs stay as they are. What the runs
        contradict is dropped; `why` says so. For method "bayes"; the others ignore it.

        Args:
            beliefs: name (nested ones joined by ".") to what `belief` takes in a sweep config: a
                range ``[0.0001, 0.001]`` or ``{"min": …, "max": …}``, a distribution, a value,
                or some of the listed values ``["adam"]``; None withdraws what was believed.

        Raises:
            ConfigError: there is no such parameter, or it cannot be like that.
        """
        steering.believe(self.stored, beliefs)

    def narrow(
        self,
        ranges: Mapping[str, Range] | None = None,
        *,
        runs: Sequence[SweepRun | str | int] | None = None,
    ) -> ChildSweep:
        """A new sweep in a smaller space that reuses the runs inside it; not yet created.

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
        return narrower.propose(self.stored, ranges, runs)

    def run_ids_inside(self, config: Mapping[str, Any]) -> list[str]:
        """Ids of ended runs whose params lie in the search space of another config.

        What a new sweep can learn from: ``nbsweep.sweep(config, prior_runs=…)``. Runs that
        were prior runs of this sweep are among them; none for method "random", which draws
        each run independently.

        Raises:
            ConfigError: with all that is wrong in the config.
        """
        return narrower.run_ids_inside(self.stored, sweep_config.parse(config))

    def retry(self, run: SweepRun | str | int) -> None:
        """Have the params of an ended run tried once more, as a new attempt, before any new ones.

        Whoever works on the sweep takes it next, whatever run_cap and target say; an ended
        sweep is opened again. Without an agent at work call `nbsweep.agent` for it.

        Args:
            run: a run of `runs`, its id, or its number.

        Raises:
            UsageError: there is no such run, it has not ended, or a later attempt exists.
        """
        steering.retry(self.stored, run)

    def continue_run(
        self,
        run: SweepRun | str | int | Sequence[SweepRun | str | int],
        iterations: int | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> None:
        """Have an ended run go on from its checkpoint, or several, before any new ones.

        They stay the same runs: one line in tables, one curve. Whoever works on the sweep goes
        on with them next, whatever run_cap, target and early termination say; an ended sweep is
        opened again. Without an agent at work call `nbsweep.agent` for it.

        Args:
            run: a run of `runs`, its id, or its number; or a list, such as ``best_runs(3)``.
            iterations: train for so many more: raises the value of the config that is the
                number of iterations, such as epochs.
            config: values of the run's config to change for it, such as ``{"epochs": 60}``.

        Raises:
            UsageError: a run has not ended, left no checkpoint, or has a later attempt; it is
                not plain which value of the config is the number of iterations. Then none of
                them goes on.

        Example:
            >>> sweep.continue_run(sweep.best_runs(3), iterations=20)
            >>> nbsweep.agent(sweep, train, count=3)
        """
        continuing.continue_runs(self.stored, run, iterations, config)

    def console(self, run: SweepRun | str | int) -> str:
        """What a run printed so far, warnings included; also while it is under way.

        Args:
            run: a run of `runs`, its id, or its number.

        Raises:
            UsageError: there is no such run.
        """
        return self.store.console(self.stored.find(run).id)

    # Show

    @property
    def panel(self) -> Panel:
        """A live panel of the sweep: a widget that follows it, brushes and steers.

        The runs inside the brushes are ``panel.selected``, a list of SweepRun. Each use
        creates a new one; it needs a notebook front end that shows widgets.
        """
        panel = new_panel(self.stored, partial(steered, self))
        panel.follow()
        return panel

    def __repr__(self) -> str:
        record = self.store.sweep(self.id)
        return f"<Sweep {record.project}/{self.id} ({record.state.value})>"

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> Mapping[str, str]:
        from nbsweep.view.render import final_bundle

        del include, exclude
        return final_bundle(self.snapshot(curves=True), self.stored.config, now=time.time())


def _let_clicks_in() -> None:
    """While a cell waits: clicks on a panel that would resume the sweep."""
    bridge = sys.modules.get("nbsweep.panel.bridge")
    if bridge is not None and threading.current_thread() is threading.main_thread():
        bridge.poll()
