"""The live panel: one widget that shows a sweep, steers it and reports selections.

The front end (`frontend/`, bundled into `static/panel.js`) gets a `Picture` when it asks
for one and a `Delta` after that, both from `nbsweep.view.changes`; it holds no truth, so
a reloaded page or a second view is complete at once. Messages, all JSON:

    page → kernel   {kind: "ready"} · {kind: "resync"} · {kind: "detail", run}
                    {kind: "analyse", key, target, runs, method} · {kind: "space"}
                    {kind: "steer", action, run?, count?, parameters?, brushes?, runs?, create?}
    kernel → page   {kind: "picture", picture} · {kind: "delta", seq, set, rows, gone}
                    {kind: "detail", run, detail} · {kind: "analysis", key, found, error}
                    {kind: "space", specs}
                    {kind: "answer", action, run, ok, text, code?, created?}

Pictures of many runs carry their rows packed, with a buffer (see `packing`).

Who does what: whoever follows the sweep calls `show` with each new state. What the page
says may arrive on the main thread or on one of the kernel's own (see `bridge`), where
nothing may block, so it is put into a queue; a thread of the panel's own answers it.
"""

from __future__ import annotations

import contextvars
import logging
import queue
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import anywidget
import traitlets

from nbsweep.errors import StoreError, SweepError, UsageError
from nbsweep.panel import analyst as analyses
from nbsweep.panel import bridge
from nbsweep.panel.packing import pack
from nbsweep.panel.saved import frozen_bundle
from nbsweep.records import RunRecord, Snapshot
from nbsweep.sweep_config import SweepConfig, current
from nbsweep.view import changes
from nbsweep.view.live import Publish, closing_errors, publish_output
from nbsweep.view.render import bundle
from nbsweep.view.state import RowCache, State, expected_total, state

if TYPE_CHECKING:
    import pandas as pd

    from nbsweep.view.svg import Picture as StillPicture

STATIC = Path(__file__).parent / "static"
WIDGET = "application/vnd.jupyter.widget-view+json"
LOADED_FROM = 8  # ended runs, shortly before there are enough for a ranking
ANALYSIS_SHARE = 0.005  # of the time, that axes, importance and forecast may cost
IMPORTANCE_S = 1.0  # between two rankings at least
PACKED_ABOVE = 2_000  # runs, whose rows go as columns
CONSOLES_KEPT = 10  # failed runs whose console a saved output holds, beside the best run's
TWIN_S = 10.0  # between two refreshes of the static twin while no page listens
FOLLOW_S = 0.5  # between two looks at a sweep that no agent of this kernel works on
FOLLOW_IDLE_S = 3.0  # the same once nothing is under way

_log = logging.getLogger(__name__)


class Control(Protocol):
    """What the buttons do; a method that is missing has no button.

    Three more are called where the control or its `sweep` has them: `retry(run_id)` hands
    the params of an ended run out again, `edit(parameters)` changes the search space, and
    `narrow(ranges)` gives a narrower sweep with `.summary`, `.code` and `.create()`.

    Calls come from the panel's thread, one at a time. A SweepError is shown to the user.
    """

    def pause(self) -> None:
        """Hand out no more runs."""
        ...

    def resume(self) -> None:
        """Hand out runs again."""
        ...

    def stop(self, now: bool = False) -> None:
        """End the agent after the runs under way, or with `now` stop those as well."""
        ...

    def extend(self, count: int) -> None:
        """Take so many runs more."""
        ...

    def kill(self, run_id: str) -> None:
        """Stop one run."""
        ...


# Button → method of the control.
ACTIONS = {
    "pause": "pause",
    "resume": "resume",
    "stop": "stop",
    "stop_now": "stop",
    "extend": "extend",
    "kill": "kill",
    "retry": "retry",
    "edit": "edit",
    "narrow": "narrow",
}


class Panel(anywidget.AnyWidget):
    """A sweep as a widget.

    Args:
        read: takes a snapshot with curves.
        config: the sweep's config.
        control: what the buttons do: any of Control's methods; None shows no button.
        dataframe: gives all runs with a column "id", for `selected_dataframe`.
        public: makes of a record what people know as a run; by default they get the record.
        console: what a run printed, by its id.
        parts: the parts of a run, by its id.
        clock: unix time in seconds.

    Attributes:
        selected: the runs inside the brushes, [] without any; observe it with
            ``panel.observe(function, "selected")``, or set it to runs or ids of runs.
        selected_ids: their ids.
    """

    _esm = STATIC / "panel.js"

    # For people
    selected: traitlets.List[Any] = traitlets.List()

    # Between the two sides. `snap` is made when it is asked for (a page that opens or
    # reloads), so keeping it costs nothing.
    snap = traitlets.Dict().tag(sync=True, to_json=lambda _, panel: panel.light_picture())
    controls = traitlets.Dict().tag(sync=True)
    brushes = traitlets.Dict().tag(sync=True)
    selected_ids = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(
        self,
        read: Callable[[], Snapshot],
        config: SweepConfig,
        control: object = None,
        *,
        dataframe: Callable[[], pd.DataFrame] | None = None,
        public: Callable[[RunRecord], Any] | None = None,
        console: Callable[[str], str] | None = None,
        parts: Callable[[str], Sequence[RunRecord]] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._source = read
        self._config = config
        self._control: Any = control
        self._all_runs = dataframe
        self._public = public or (lambda run: run)
        self._console = console
        self._parts = parts
        self._clock = clock
        self._lock = threading.RLock()
        self._snapshot: Snapshot | None = None
        self._axes: changes.Axes | None = None
        self._axes_due = (0.0, -1)  # not before this time; ended runs they were made with
        self._importance: changes.PanelImportance | None = None
        self._importance_due = (0.0, -1)
        self._outlook: changes.PanelOutlook | None = None
        self._outlook_due = 0.0
        self._is_ranking = False
        self._memory: changes.RowMemory = {}
        self._rows: RowCache = {}
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self.is_seen = False
        self._closed = threading.Event()
        self.picture: changes.Picture | dict[str, Any] = {}
        self.read()
        self.show(self._own_state())
        actions = [name for name, method in ACTIONS.items() if self._method(method)]
        super().__init__(controls={"actions": actions, "bridge": bridge.kind()})
        self.on_msg(self._receive)
        threading.Thread(
            target=contextvars.copy_context().run,
            args=(self._answer,),
            name="nbsweep-panel",
            daemon=True,
        ).start()

    # For people

    def selected_dataframe(self) -> pd.DataFrame:
        """The selected runs as `Sweep.dataframe` gives them; all runs when none is selected."""
        if self._all_runs is None:
            raise SweepError("This panel has no table of runs; use Sweep.dataframe().")
        frame = self._all_runs()
        return frame[frame["id"].isin(self.selected_ids)] if self.selected_ids else frame

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The widget, with static HTML and text for what shows no widgets."""
        found = super()._repr_mimebundle_(**options)
        data = found[0] if isinstance(found, tuple) else found  # Colab adds metadata
        if data is not None:
            data.update(bundle(self._own_state()))
        return found

    def display_metadata(self) -> dict[str, Any]:
        """What Colab wants to be told beside the mime bundle; empty elsewhere."""
        found = super()._repr_mimebundle_()
        return dict(found[1]) if isinstance(found, tuple) else {}

    def __repr__(self) -> str:
        # ipywidgets' own would print every trait, the picture included.
        sweep = self.picture["sweep"]
        return f"<Panel of sweep {sweep['id']}: {sweep['word']}>"

    # For who follows the sweep

    def read(self) -> Snapshot:
        """A snapshot, which the next `show` goes with."""
        self._snapshot = self._source()
        config = current(self._config, self._snapshot.sweep)
        if config is not self._config:  # somebody edited the search space: other axes
            self._config = config
            self._rows.clear()
            self._axes = None
        return self._snapshot

    def show(self, state: State) -> None:
        """Show a state of the snapshot that was read last; sends what changed."""
        assert self._snapshot is not None
        with self._lock:
            self._refresh_axes(self._snapshot)
            self._rank_when_due(self._snapshot)
            assert self._axes is not None
            before: Any = self.picture
            made = changes.picture(
                state,
                self._snapshot,
                self._axes,
                self._importance,
                before["seq"] + 1 if before else 1,
                self._memory,
                self._outlook,
            )
            if not before:
                self.picture = made
                return
            change = changes.delta(before, made)
            if changes.is_empty(change):
                return
            self.picture = made
            self._tell({"kind": "delta", **change})

    def finish(self, state: State) -> None:
        """Show the last state with a ranking of all its runs; the buttons disappear."""
        with self._lock:
            self.controls = {"actions": [], "bridge": ""}
            self._axes_due = self._importance_due = (0.0, -1)
            snapshot = self._snapshot
            assert snapshot is not None
            self._importance = analyses.ranking(snapshot, self._config)
            self._outlook = analyses.outlook(snapshot, self._config)
            self._importance_due = (0.0, _ended(snapshot))
        self.show(state)

    def follow(self) -> None:
        """Show the sweep until the panel is closed, from a thread of its own.

        For sweeps that no agent of this kernel works on, or whose agent has a display
        already.
        """
        threading.Thread(
            target=contextvars.copy_context().run,
            args=(self._follow,),
            name="nbsweep-follow",
            daemon=True,
        ).start()

    def still_data(self) -> dict[str, Any]:
        """What a saved output needs: the picture, the runs' details and the brushes."""
        assert self._snapshot is not None
        best: Any = self.picture.get("best") or {}
        failed = [run.id for run in self._snapshot.runs if run.error][:CONSOLES_KEPT]
        printed = {
            run_id: self._printed(run_id)[-500:]
            for run_id in [*failed, best.get("id", "")]
            if run_id
        }
        return {
            "picture": self.picture,
            "details": {
                run.id: changes.details(run, printed.get(run.id, "")) for run in self._snapshot.runs
            },
            "brushes": dict(self.brushes),
        }

    def light_picture(self) -> changes.Picture | dict[str, Any]:
        """The picture for a widget's state; nothing when it had better be asked for."""
        many = self.picture and len(self.picture["rows"]) > PACKED_ABOVE
        return {} if many else self.picture

    def close(self) -> None:
        """Take the panel off all pages and end its threads."""
        self._closed.set()
        self._jobs.put(None)
        super().close()

    # Inside

    @traitlets.validate("selected")
    def _only_runs(self, proposal: Any) -> list[Any]:
        return [self._run(one) if isinstance(one, str) else one for one in proposal["value"]]

    @traitlets.observe("selected")
    def _chosen_by_hand(self, change: Any) -> None:
        ids = [run.id for run in change["new"]]
        if ids != self.selected_ids:
            self.selected_ids = ids

    @traitlets.observe("selected_ids")
    def _chosen_in_the_page(self, change: Any) -> None:
        ids = change["new"]
        if ids != [run.id for run in self.selected]:
            assert self._snapshot is not None
            wanted = set(ids)
            self.selected = [self._public(run) for run in self._snapshot.runs if run.id in wanted]

    def _run(self, run_id: str) -> Any:
        assert self._snapshot is not None
        for run in self._snapshot.runs:
            if run.id == run_id:
                return self._public(run)
        raise UsageError(f"The panel's sweep has no run {run_id!r}.")

    def _printed(self, run_id: str) -> str:
        if self._console is None:
            return ""
        try:
            return self._console(run_id)
        except StoreError as error:
            return f"(the store could not be read: {error})"

    def _method(self, name: str) -> Any:
        """A method of the control or of its sweep; None without."""
        for owner in (self._control, getattr(self._control, "sweep", None)):
            found = getattr(owner, name, None)
            if found is not None:
                return found
        return None

    def _own_state(self) -> State:
        snapshot = self._snapshot
        assert snapshot is not None
        return state(
            snapshot,
            self._config,
            total=expected_total(snapshot, self._config),
            now=self._clock(),
            rows=self._rows,
        )

    def _follow(self) -> None:
        wait_s = FOLLOW_S
        while not self._closed.wait(wait_s):
            began = time.thread_time()
            try:
                snapshot = self.read()
            except StoreError as error:  # such as a locked file
                _log.debug("panel: %s", error)
                continue
            self.show(self._own_state())
            cost_s = time.thread_time() - began
            idle = all(run.state.ended for run in snapshot.runs)
            wait_s = max(FOLLOW_IDLE_S if idle else FOLLOW_S, cost_s * 50)

    def _refresh_axes(self, snapshot: Snapshot) -> None:
        due_at, made_with = self._axes_due
        ended = _ended(snapshot)
        if self._axes is not None:
            if ended == made_with and not self._axes.is_outgrown:
                return
            if self._clock() < due_at:
                return
        began = time.thread_time()
        made = analyses.axes(snapshot, self._config)
        old = self._axes
        if old is None or old.is_outgrown or old.listed != made.listed or old.names != made.names:
            self._axes = made
        cost_s = time.thread_time() - began
        self._axes_due = (self._clock() + cost_s / ANALYSIS_SHARE, ended)

    def _rank_when_due(self, snapshot: Snapshot) -> None:
        """Have the importance computed on the panel's own thread, when runs have ended."""
        due_at, made_with = self._importance_due
        if self._is_ranking:
            return
        if _ended(snapshot) != made_with and self._clock() >= due_at:
            self._is_ranking = True
            self._jobs.put(lambda: self._rank_now(snapshot))

    def _rank_now(self, snapshot: Snapshot) -> None:
        if _ended(snapshot) >= LOADED_FROM:
            analyses.load()  # a second or two that are no measure of what a ranking costs
        seen = self._outlook_now(snapshot)
        began = time.thread_time()
        try:
            found = analyses.ranking(snapshot, self._config)
        finally:
            cost_s = time.thread_time() - began
            wait_s = max(IMPORTANCE_S, cost_s / ANALYSIS_SHARE)
            with self._lock:
                self._importance_due = (self._clock() + wait_s, _ended(snapshot))
                self._is_ranking = False
        with self._lock:
            self._importance, self._outlook = found, seen
            before: Any = self.picture
            made: Any = {**before, "seq": before["seq"] + 1, "importance": found, "outlook": seen}
            change = changes.delta(before, made)
            if not changes.is_empty(change):
                self.picture = made
                self._tell({"kind": "delta", **change})

    def _outlook_now(self, snapshot: Snapshot) -> changes.PanelOutlook | None:
        """The outlook, anew when that is due."""
        if self._clock() < self._outlook_due:
            return self._outlook
        began = time.thread_time()
        seen = analyses.outlook(snapshot, self._config)
        few = _ended(snapshot) < LOADED_FROM
        cost_s = 0.0 if few else time.thread_time() - began
        self._outlook_due = self._clock() + max(IMPORTANCE_S, cost_s / ANALYSIS_SHARE)
        return seen

    def _receive(self, _: object, message: Any, __: object) -> None:
        """Queue what the page says; may be called on a thread of the kernel."""
        self._jobs.put(lambda: self._handle(message))

    def _answer(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except Exception as error:  # noqa: BLE001 - a thread has no caller to tell
                _log.warning("panel: %s: %s", type(error).__name__, error)

    def _handle(self, message: Mapping[str, Any]) -> None:
        kind = message.get("kind")
        if kind in ("ready", "resync"):
            self.is_seen = True
            with self._lock:
                self._send_picture()
        elif kind == "detail":
            self._send_detail(str(message.get("run")))
        elif kind == "analyse":
            self._analyse(message)
        elif kind == "space":
            self._send_space()
        elif kind == "steer":
            self._steer(str(message.get("action")), message)

    def _send_detail(self, run_id: str) -> None:
        assert self._snapshot is not None
        run = next((run for run in self._snapshot.runs if run.id == run_id), None)
        if run is not None:
            parts = self._parts(run_id) if self._parts else ()
            metric = self._config.metric.name if self._config.metric else ""
            detail = changes.details(run, self._printed(run_id), parts, metric)
            self._tell({"kind": "detail", "run": run_id, "detail": detail})

    def _send_picture(self) -> None:
        picture: Any = self.picture
        if len(picture["rows"]) <= PACKED_ABOVE:
            self._tell({"kind": "picture", "picture": picture})
            return
        rows, buffer = pack(picture["rows"])
        self._tell({"kind": "picture", "picture": {**picture, "rows": []}, "rows": rows}, [buffer])

    def _analyse(self, message: Mapping[str, Any]) -> None:
        """Rank parameters for another result, among some runs, or by permutation."""
        assert self._snapshot is not None
        runs, method = message.get("runs"), message.get("method")
        answer = {"kind": "analysis", "key": message.get("key"), "found": None, "error": ""}
        try:
            answer["found"] = analyses.ranking(
                self._snapshot,
                self._config,
                target=str(message.get("target") or ""),
                run_ids=None if runs is None else [str(run) for run in runs],
                method="permutation" if method == "permutation" else "forest",
            )
        except SweepError as error:
            answer["error"] = str(error)
        self._tell(answer)

    def _send_space(self) -> None:
        from nbsweep.sweep_config.edits import specs

        self._tell({"kind": "space", "specs": specs(self._config)})

    def _steer(self, action: str, message: Mapping[str, Any]) -> None:
        run = message.get("run")
        answer: dict[str, Any] = {"kind": "answer", "action": action, "run": run}
        try:
            if action == "narrow":
                answer.update(self._narrow(message))
                text = answer["text"]
            else:
                text = self._act(action, message)
        except SweepError as error:
            self._tell({**answer, "ok": False, "text": str(error)})
        else:
            self._tell({**answer, "ok": True, "text": text})

    def _act(self, action: str, message: Mapping[str, Any]) -> str:
        """Do what a button says; what was done, in words for screen readers."""
        control = self._control
        if control is None or action not in self.controls.get("actions", ()):
            raise SweepError(f"{action}: there is no agent at work here.")
        if action in ("pause", "resume"):
            getattr(control, action)()
            return f"{action}d"
        if action in ("stop", "stop_now"):
            control.stop(now=action == "stop_now")
            return "stopping"
        if action == "extend":
            count = min(max(int(message.get("count", 1)), 1), 9999)
            control.extend(count)
            return f"{count} runs added"
        if action == "edit":
            self._method("edit")(dict(message.get("parameters") or {}))
            return "the next suggestions come from the new ranges"
        run_id = str(message.get("run"))
        self._method(action)(run_id)
        return "run is being stopped" if action == "kill" else "run will be tried again"

    def _narrow(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """The sweep that the brushes narrow this one to, in words and as code.

        The message brings the brushes along, since it may overtake their own.
        """
        from nbsweep.panel.brushes import ranges_to_narrow

        narrow = self._method("narrow")
        if narrow is None:
            raise SweepError("narrow: nothing here can make a narrower sweep.")
        assert self._snapshot is not None
        brushes = message.get("brushes") or self.brushes
        wanted = set(message.get("runs") or self.selected_ids)
        runs = [run for run in self._snapshot.runs if run.id in wanted]
        picture: Any = self.picture
        child = narrow(ranges_to_narrow(picture["axes"], brushes, runs, self._config))
        created = child.create() if message.get("create") else None
        return {"text": child.summary, "code": child.code, "created": created}

    def _tell(self, message: Mapping[str, Any], buffers: list[bytes] | None = None) -> None:
        if self._closed.is_set() or getattr(self, "comm", None) is None:
            return
        try:
            self.send(message, buffers)
        except closing_errors() as error:
            _log.debug("panel: the kernel is closing: %s", error)


class PanelDisplay:
    """Where a view is shown as a panel: one output of the cell, frozen when the agent ends.

    The output is the widget, with static HTML and text beside it for what shows no
    widgets. At the end it becomes self-contained HTML (see `frozen`), so that it reads the
    same after a kernel restart.

    Args:
        panel: shows the states; the view must take its snapshots with `panel.read`.
        publish: sends (mime bundle, display id, whether it is an update).
        clock: seconds.
    """

    def __init__(
        self,
        panel: Panel,
        publish: Publish | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._panel = panel
        self._publish = publish or partial(publish_output, metadata=panel.display_metadata())
        self._clock = clock
        self._id = f"nbsweep-{secrets.token_hex(8)}"
        self._twin_at = 0.0
        self._is_open = True
        self._frozen: dict[str, str] | None = None

    def begin(self, state: State) -> None:
        """Make the output."""
        self._panel.show(state)
        bridge.attach(self._panel)
        self._send_live(state, update=False)

    def update(self, state: State) -> None:
        """Send what changed."""
        self._panel.show(state)
        # A page that listens would lose its brushes with every new output; without one
        # (nbclient, a closed tab) the static twin is all that is left of a crash.
        if not self._panel.is_seen and self._clock() - self._twin_at >= TWIN_S:
            self._send_live(state, update=True)

    def message(self, text: str) -> None:
        """Nothing: the next state has it."""

    def end(self, state: State, plots: Callable[[], Sequence[StillPicture]]) -> None:
        """Put the frozen panel in the widget's place; once more sends the same again."""
        if self._frozen is not None:
            self._send(self._frozen, update=True)
            return
        pictures: Sequence[StillPicture] = ()
        try:
            self._panel.finish(state)
            pictures = plots()
        finally:  # an interrupt among the plots still leaves a complete output
            self._frozen = frozen_bundle(state, self._panel.still_data(), pictures)
            self._send(self._frozen, update=True)
            bridge.detach(self._panel)
            self._panel.close()

    def _send_live(self, state: State, *, update: bool) -> None:
        self._twin_at = self._clock()
        view = {"version_major": 2, "version_minor": 0, "model_id": self._panel.model_id}
        self._send({WIDGET: view, **bundle(state)}, update=update)

    def _send(self, data: dict[str, Any], *, update: bool) -> None:
        if not self._is_open:
            return
        try:
            self._publish(data, self._id, update)
        except closing_errors() as error:
            _log.debug("panel: the kernel is closing: %s", error)
            self._is_open = False


def _ended(snapshot: Snapshot) -> int:
    return sum(run.state.ended for run in snapshot.runs)
