"""The live panel: one widget that shows a sweep, steers it and reports selections.

The front end (`frontend/`, bundled into `static/panel.js`) gets a picture when it asks for
one and a `Delta` after that, see `nbsweep.view.delta`; it holds no truth, so a reloaded
page or a second view is complete at once. Messages, all JSON:

    page → kernel   {kind: "here"} · {kind: "ready"} · {kind: "resync"} · {kind: "detail", run}
                    {kind: "analyse", key, target, runs, method} · {kind: "space"}
                    {kind: "chart", name} · {kind: "log", lines}
                    {kind: "series", x, y, runs, rows}
                    {kind: "steer", action, run?, count?, parameters?, brushes?, runs?, create?}
    kernel → page   {kind: "picture", picture} · {kind: "delta", seq, set, rows, gone}
                    {kind: "detail", run, detail} · {kind: "analysis", key, found, error}
                    {kind: "space", specs} · {kind: "chart", name, chart, error}
                    {kind: "series", x, y, runs, rows, lengths, n_left, took_s, error}
                    {kind: "answer", action, run, ok, text, code?, created?}
                    {kind: "log", first, lines: [[number, run, text], …]}

Pictures of many runs carry their rows packed, with a buffer (see `packing`), and curves
their points (see `series`).

A page that shows what the runs print asks for the last `lines` lines; it gets them, and then
those that are new or changed, by their number; lines before `first` are no longer kept.

Who does what: whoever follows the sweep calls `show` with each new picture. What the page
says goes to the `Inbox`, whose thread answers it; the `Analyst` has a thread for rankings, and
the `RunLog` one for prints.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from nbsweep import threads
from nbsweep.analysis.charts.catalogue import charts_for
from nbsweep.analysis.front import LeadFinder
from nbsweep.errors import StoreError, SweepError, UsageError
from nbsweep.panel import bridge
from nbsweep.panel.analyst import Analyst
from nbsweep.panel.axes import Axes, PlacedRows, with_axes
from nbsweep.panel.believing import panel_beliefs
from nbsweep.panel.details import Details, details
from nbsweep.panel.inbox import Inbox
from nbsweep.panel.log import RunLog
from nbsweep.panel.packing import pack
from nbsweep.panel.series import Answer, Question, ReadHistory
from nbsweep.records import RunRecord, Snapshot
from nbsweep.sweep_config import SweepConfig, current
from nbsweep.view.delta import delta, is_empty, sent
from nbsweep.view.live import Ahead, closing_errors
from nbsweep.view.model import PanelChart, PanelImportance, Picture
from nbsweep.view.picture import RowCache, expected_total, picture
from nbsweep.view.render import bundle

if TYPE_CHECKING:
    import pandas as pd

STATIC = Path(__file__).parent / "static"
WIDGET = "application/vnd.jupyter.widget-view+json"
PACKED_ABOVE = 2_000  # runs, whose rows go as columns
CONSOLES_KEPT = 10  # failed runs whose console a saved output holds, beside the best run's
RETIRED_KEPT = 4  # panels whose agent has ended, for pages that were reloaded
FOLLOW_S = 0.5  # between two looks at a sweep that no agent of this kernel works on
STEERED_S = 0.2  # the same whether an agent of this kernel was steered, which costs nothing
FOLLOW_IDLE_S = 3.0  # the same once nothing is under way

_log = logging.getLogger(__name__)
_retired: deque[Panel] = deque()


class Panel(anywidget.AnyWidget):
    """A sweep as a widget.

    Args:
        read: takes a snapshot with curves.
        config: the sweep's config.
        control: what the buttons do (see `Inbox`); None shows no button.
        dataframe: gives all runs with a column "id", for `selected_dataframe`.
        public: makes of a record what people know as a run; by default they get the record.
        console: what a run printed, by its id.
        parts: the parts of a run, by its id.
        resumption: what a run can go on from, in words, and why it cannot; each may be "".
        train_longer: has the best runs go on, and says which; None shows no button.
        history: reads rows of a run, by its id and the index of the first; None offers no
            curves but those of the metric over steps.
        plan: what still fits before the sweep's `run_time` is over, in words, by snapshot,
            config and unix time; may be "".
        ahead: what the agents of this kernel will still do, beside the runs of a snapshot.
        figures: what tells of a change of that which the store does not show; cheap.
        clock: unix time in seconds.

    Attributes:
        selected: the runs inside the brushes, [] without any; observe it with
            ``panel.observe(function, "selected")``, or set it to runs or ids of runs.
        selected_ids: their ids.
        picture: what is shown.
        prints: what the runs print.
        on_steered: called after a click that steered; may be set.
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
        resumption: Callable[[RunRecord], tuple[str, str]] | None = None,
        train_longer: Callable[[], str] | None = None,
        history: ReadHistory | None = None,
        plan: Callable[[Snapshot, SweepConfig, float], str] = lambda *_: "",
        ahead: Callable[[Snapshot], Ahead] = lambda _: Ahead(),
        figures: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._source = read
        self._all_runs = dataframe
        self._public = public or (lambda run: run)
        self._clock = clock
        self._plan = plan
        self._ahead = ahead
        self._figures = figures
        self._figures_shown: object = None
        self.on_steered: Callable[[], None] = lambda: None
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._woken = threading.Event()
        self._is_finished = False
        self._turns: threads.Turns | None = None
        self._rows: RowCache = {}
        self._placed: PlacedRows = {}
        self._leaders = LeadFinder(config.metrics)
        self.is_seen = False
        self.config = config
        self.analyst = Analyst(clock, self._show_news, history=history)
        self.inbox = Inbox(self, control, console, parts, resumption, train_longer)
        self.snapshot = self.read()
        self.prints = RunLog(self.tell, console or (lambda _: ""), lambda: self.snapshot.runs)
        self.picture = self._with_axes(self._own_picture(), 1)
        self._charts = [list(pair) for pair in charts_for(config).items()]
        super().__init__(controls=self._controls(self.inbox.actions, bridge.kind()))
        self.on_msg(self._receive)
        self.analyst.rank_when_due(self.snapshot, self.config)

    # For people

    def selected_dataframe(self) -> pd.DataFrame:
        """The selected runs as `Sweep.dataframe` gives them; all runs when none is selected."""
        if self._all_runs is None:
            raise SweepError("This panel has no table of runs; use Sweep.dataframe().")
        frame = self._all_runs()
        return frame[frame["id"].isin(self.selected_ids)] if self.selected_ids else frame

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The widget, with static HTML and text for what shows no widgets."""
        shown = super()._repr_mimebundle_(**options)
        data = shown[0] if isinstance(shown, tuple) else shown  # Colab adds metadata
        if data is not None:
            data.update(bundle(self._own_picture()))
        return shown

    def display_metadata(self) -> dict[str, Any]:
        """What Colab wants to be told beside the mime bundle; empty elsewhere."""
        shown = super()._repr_mimebundle_()
        return dict(shown[1]) if isinstance(shown, tuple) else {}

    def __repr__(self) -> str:
        # ipywidgets' own would print every trait, the picture included.
        sweep = self.picture["sweep"]
        return f"<Panel of sweep {sweep['id']}: {sweep['word']}>"

    # For who follows the sweep

    def read(self) -> Snapshot:
        """A snapshot, which the next `show` goes with."""
        self.snapshot = self._source()
        config = current(self.config, self.snapshot.sweep)
        if config is not self.config:  # somebody edited the search space: other axes
            self.config = config
            self._rows.clear()
            self.analyst.forget_axes()
        return self.snapshot

    def show(self, picture: Picture) -> None:
        """Show a picture of the snapshot that was read last; sends what changed."""
        with self._lock:
            self._renew_actions()
            self.analyst.rank_when_due(self.snapshot, self.config)
            self._replace(self._with_axes(picture, self.picture["seq"] + 1))

    def finish(self, picture: Picture) -> None:
        """Show the last picture with a ranking of all its runs; the buttons disappear."""
        with self._lock:
            self._is_finished = True
            self.controls = self._controls([], "")
            self.analyst.finish(self.snapshot, self.config)
        self.show(picture)

    def follow(self) -> None:
        """Show the sweep until the panel is closed, from a thread of its own.

        For sweeps that no agent of this kernel works on, or whose agent has a display
        already.
        """
        if threads.begin(self._follow, "nbsweep-follow") is None:
            self._turns = threads.Turns(self._look, FOLLOW_S, "nbsweep-follow")

    def still_data(self) -> dict[str, Any]:
        """What a saved output needs: the picture, the runs' details and the brushes."""
        best, snapshot, config = self.picture["best"], self.snapshot, self.config
        told = [run.id for run in snapshot.runs if run.error][:CONSOLES_KEPT] + (
            [best["id"]] if best else self.picture["front"][:CONSOLES_KEPT]
        )
        printed = {run_id: self.inbox.printed(run_id)[-500:] for run_id in told}
        return {
            "picture": sent(self.picture),
            "details": Details(
                snapshot.runs,
                lambda run: details(run, snapshot, config, printed.get(run.id, "")),
            ),
            "brushes": dict(self.brushes),
            "log": self.prints.saved(),
        }

    def light_picture(self) -> dict[str, Any]:
        """The picture for a widget's state; nothing when it had better be asked for."""
        return {} if len(self.picture["rows"]) > PACKED_ABOVE else sent(self.picture)

    def retire(self) -> None:
        """End the panel's threads, and keep its last picture on the pages that show it.

        A page that was reloaded while the agent worked, and a second tab, no longer know which
        output the saved one takes the place of: they go on with the widget. What such a page
        asks for is answered while the kernel lives. The panels before the last few are closed.
        """
        self._end()
        _retired.append(self)
        while len(_retired) > RETIRED_KEPT:
            _retired.popleft().close()

    def close(self) -> None:
        """Take the panel off all pages and end its threads."""
        self._end()
        super().close()

    # For the inbox

    def tell(self, message: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        """Send a message to the page."""
        if getattr(self, "comm", None) is None:
            return
        try:
            self.send(message, buffers)
        except closing_errors() as error:
            _log.debug("panel: the kernel is closing: %s", error)

    def send_picture(self) -> None:
        """Send the whole picture."""
        with self._lock:
            picture = sent(self.picture)
            if len(picture["rows"]) <= PACKED_ABOVE:
                self.tell({"kind": "picture", "picture": picture})
                return
            rows, buffer = pack(picture["rows"])
            picture["rows"] = []
            self.tell({"kind": "picture", "picture": picture, "rows": rows}, [buffer])

    def analyse(self, answer: Callable[[PanelImportance | None, str], None], **what: Any) -> None:
        """Rank parameters on the analyst's thread."""
        self.analyst.analyse(answer, self.snapshot, self.config, **what)

    def draw(self, answer: Callable[[PanelChart | None, str], None], name: str) -> None:
        """Draw a further chart on the analyst's thread."""
        self.analyst.draw(answer, self.snapshot, self.config, name)

    def series(self, answer: Callable[[Answer | None, str], None], question: Question) -> None:
        """Read curves on the analyst's thread."""
        self.analyst.series(answer, self.snapshot, question)

    def steered(self) -> None:
        """Somebody steered: show what came of it at once, and the buttons that are left."""
        self._woken.set()
        self.on_steered()

    # Inside

    def _renew_actions(self) -> None:
        """Show the buttons that do something now."""
        if not self._is_finished and (now := self.inbox.actions) != self.controls["actions"]:
            self.controls = {**self.controls, "actions": now}

    def _end(self) -> None:
        self._closed.set()
        self._woken.set()
        if self._turns is not None:
            self._turns.end()
        self.inbox.close()
        self.analyst.close()
        self.prints.close()

    def _controls(self, actions: list[str], bridge: str) -> dict[str, Any]:
        return {"actions": actions, "bridge": bridge, "charts": self._charts}

    @traitlets.validate("selected")
    def _only_runs(self, proposal: Any) -> list[Any]:
        return [self._run(run) if isinstance(run, str) else run for run in proposal["value"]]

    @traitlets.observe("selected")
    def _chosen_by_hand(self, change: Any) -> None:
        ids = [run.id for run in change["new"]]
        if ids != self.selected_ids:
            self.selected_ids = ids

    @traitlets.observe("selected_ids")
    def _chosen_in_the_page(self, change: Any) -> None:
        ids = change["new"]
        if ids != [run.id for run in self.selected]:
            wanted = set(ids)
            self.selected = [self._public(run) for run in self.snapshot.runs if run.id in wanted]

    def _run(self, run_id: str) -> Any:
        for run in self.snapshot.runs:
            if run.id == run_id:
                return self._public(run)
        raise UsageError(f"The panel's sweep has no run {run_id!r}.")

    def _receive(self, _: object, message: Any, __: object) -> None:
        """What the page says; may be called on a thread of the kernel."""
        self.is_seen = True
        self.inbox.receive(message)

    def _own_picture(self) -> Picture:
        self._figures_shown = self._figures()
        now, ahead = self._clock(), self._ahead(self.snapshot)
        return picture(
            self.snapshot,
            self.config,
            total=expected_total(self.snapshot, self.config, ahead.left),
            now=now,
            workers=max(1, ahead.workers or sum(not run.state.ended for run in self.snapshot.runs)),
            is_stopping=ahead.is_stopping,
            plan=self._plan(self.snapshot, self.config, now),
            rows=self._rows,
            leaders=self._leaders,
        )

    def _with_axes(self, picture: Picture, seq: int) -> Picture:
        axes = self.analyst.axes(self.snapshot, self.config)
        placed = self._placed_on(axes, picture, seq)
        if axes.is_outgrown:  # a run of this snapshot has no place on them
            newer = self.analyst.axes(self.snapshot, self.config)
            placed = placed if newer is axes else self._placed_on(newer, picture, seq)
        return placed

    def _placed_on(self, axes: Axes, picture: Picture, seq: int) -> Picture:
        return with_axes(
            picture,
            self.snapshot,
            axes,
            seq=seq,
            importance=self.analyst.importance,
            outlook=self.analyst.outlook,
            hypervolume=self.analyst.hypervolume,
            placed=self._placed,
            beliefs=panel_beliefs(axes.listed, self.config),
            findings=self.analyst.findings,
            logged=self.analyst.logged,
        )

    def _replace(self, picture: Picture) -> None:
        change = delta(self.picture, picture)
        if not is_empty(change):
            self.picture = picture
            self.tell({"kind": "delta", **change})

    def _show_news(self) -> None:
        with self._lock:
            self._replace(
                {
                    **self.picture,
                    "seq": self.picture["seq"] + 1,
                    "importance": self.analyst.importance,
                    "outlook": self.analyst.outlook,
                    "hypervolume": self.analyst.hypervolume,
                    "findings": self.analyst.findings,
                }
            )

    def _follow(self) -> None:
        wait_s = FOLLOW_S
        while not self._closed.is_set():
            self._rest(wait_s)
            wait_s = self._look()

    def _rest(self, wait_s: float) -> None:
        """Wait so long, or until somebody steers, here or in another cell."""
        until = time.monotonic() + wait_s
        while not self._woken.is_set() and (left_s := until - time.monotonic()) > 0:
            self._woken.wait(min(STEERED_S, left_s))
            if self._figures() != self._figures_shown:
                break
        self._woken.clear()

    def _look(self) -> float:
        """Show the sweep as it is now; returns the seconds to wait for the next look."""
        began = threads.cpu_time()
        try:
            snapshot = self.read()
        except StoreError as error:  # such as a locked file
            _log.debug("panel: %s", error)
            return FOLLOW_S
        self.show(self._own_picture())
        cost_s = threads.cpu_time() - began
        idle = all(run.state.ended for run in snapshot.runs)
        return max(FOLLOW_IDLE_S if idle else FOLLOW_S, cost_s * 50)
