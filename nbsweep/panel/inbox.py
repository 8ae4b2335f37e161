"""What a page says, turned into commands, one after the other.

A message may arrive on the main thread or on one of the kernel's (see `bridge`), where
nothing may block, so it goes into the one queue of its panel, whichever way it came.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple, Protocol

from nbsweep.errors import StoreError, SweepError, UsageError
from nbsweep.panel.believing import beliefs_of_brushes
from nbsweep.panel.brushes import ranges_to_narrow
from nbsweep.panel.details import details
from nbsweep.panel.jobs import Jobs
from nbsweep.panel.log import RunLog
from nbsweep.panel.series import Answer, Question
from nbsweep.records import RunRecord, Snapshot
from nbsweep.sweep_config import SweepConfig
from nbsweep.sweep_config.edits import specs
from nbsweep.view.model import PanelAxis, PanelChart, PanelImportance, Picture
from nbsweep.wording import plural

MOST = 9999  # runs or iterations that a click adds

_log = logging.getLogger(__name__)

Message = Mapping[str, Any]


class Host(Protocol):
    """The panel whose messages come in."""

    snapshot: Snapshot
    config: SweepConfig
    picture: Picture
    is_seen: bool
    controls: Any
    selected_ids: Any
    brushes: Any
    prints: RunLog

    def tell(self, message: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        """Send a message to the page."""
        ...

    def send_picture(self) -> None:
        """Send the whole picture."""
        ...

    def steered(self) -> None:
        """Show what came of a click."""
        ...

    def analyse(self, answer: Callable[[PanelImportance | None, str], None], **what: Any) -> None:
        """Rank parameters on another thread; `answer` takes the ranking or what is wrong."""
        ...

    def draw(self, answer: Callable[[PanelChart | None, str], None], name: str) -> None:
        """Draw a chart on another thread; `answer` takes it or what is wrong."""
        ...

    def series(self, answer: Callable[[Answer | None, str], None], question: Question) -> None:
        """Read curves on another thread; `answer` takes them or what is wrong."""
        ...


class Owner(Enum):
    """Whose method a button calls: the control's, which is an agent, or its sweep's."""

    AGENT = "agent"
    SWEEP = "sweep"
    EITHER = "either"


class Button(NamedTuple):
    """What a button of the page does.

    Attributes:
        method: what it calls; without it there is no such button.
        answer: what was done, in words for screen readers.
        arguments: of the method, from the message.
        owner: of the method.
    """

    method: str
    answer: str
    arguments: Callable[[Message], tuple[Any, ...]] = lambda message: ()
    owner: Owner = Owner.EITHER


def _run(message: Message) -> tuple[str]:
    return (str(message.get("run")),)


def _count(message: Message) -> tuple[int]:
    """How many: what a person typed, which need not be a number."""
    count = message.get("count", 1)
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST:
        raise UsageError(f"Found {count!r:.40}; a whole number from 1 to {MOST:,} is needed.")
    return (count,)


def _longer(message: Message) -> tuple[str, int | None]:
    """A run, and how many iterations more; None: to its own end."""
    return (*_run(message), _count(message)[0] if message.get("count") is not None else None)


def _parameters(message: Message) -> tuple[dict[str, Any]]:
    return (dict(message.get("parameters") or {}),)


BUTTONS = {
    "pause": Button("pause", "paused"),
    "resume": Button("resume", "resumed"),
    "stop": Button("stop", "stopping after the runs under way", owner=Owner.AGENT),
    "stop_now": Button("stop", "stopping now", lambda message: (True,), Owner.AGENT),
    "extend": Button("extend", "{} runs added", _count, Owner.AGENT),
    "end": Button("stop", "the sweep has ended", owner=Owner.SWEEP),
    "end_now": Button("stop", "the sweep has ended", lambda message: (True,), Owner.SWEEP),
    "kill": Button("kill", "run is being stopped", _run),
    "retry": Button("retry", "run will be tried again", _run),
    "continue": Button("continue_run", "run goes on", _longer),
    "edit": Button("edit", "the next suggestions come from the new ranges", _parameters),
}
# What may take longer than a click: it looks at all runs.
SLOW = ("narrow", "continue_best")


def in_words(error: SweepError) -> str:
    """An error for the page, with what to do about it."""
    text = str(error)
    if isinstance(error, StoreError):
        text = (
            f"The store did not answer ({text}), so nothing was changed. Click again in a moment."
        )
    return text


def _added(count: int, before: int | None, after: int | None) -> str:
    """What an agent that had so many runs left, and has so many now, was given."""
    added = count if before is None or after is None else min(count, max(0, after - before))
    if not added:
        raise UsageError(
            "No runs were added: the sweep hands out no more of them, by its run_cap or since "
            "all points of its grid are spoken for."
        )
    less = "" if added == count else f" of {count:,}: the sweep hands out no more of them"
    return f"{plural(added, 'run')} added{less}"


class Inbox:
    """Does what the page of a panel asks for, on threads of its own.

    One of them does nothing but steer, so that no click waits for details, pictures or code
    that observes the panel.

    Args:
        panel: whose page it is.
        control: whose methods the buttons call, as far as it or its `sweep` has them:
            pause(), resume(), stop(now), extend(count), kill(run_id), retry(run_id),
            continue_run(run_id, iterations), edit(parameters), believe(beliefs), and
            narrow(ranges), which gives a narrower sweep with `.summary`, `.code` and
            `.create()`; or a function that gives such an object. `left` of it is how many
            runs it will still take, `unavailable` has the names of buttons that would do
            nothing; it may lack both. An error is shown to the user.
        console: what a run printed, by its id.
        parts: the parts of a run, by its id.
        resumption: what a run can go on from, in words, and why it cannot; each may be "".
        train_longer: has the best runs go on, and says which; None shows no button.
    """

    def __init__(
        self,
        panel: Host,
        control: object = None,
        console: Callable[[str], str] | None = None,
        parts: Callable[[str], Sequence[RunRecord]] | None = None,
        resumption: Callable[[RunRecord], tuple[str, str]] | None = None,
        train_longer: Callable[[], str] | None = None,
    ) -> None:
        self._panel = panel
        self._given = control
        self._console = console
        self._parts = parts
        self._resumption = resumption
        self._train_longer = train_longer
        self._jobs = Jobs("nbsweep-panel")
        self._clicks = Jobs("nbsweep-clicks")

    @property
    def actions(self) -> list[str]:
        """The buttons that the page may show."""
        control = self._control
        past = getattr(control, "unavailable", ())
        actions = [
            name
            for name, (method, _, _, owner) in BUTTONS.items()
            if name not in past and self._method(method, owner, control)
        ]
        longer = self._train_longer is not None and "continue" in actions
        believes = self._method("believe") and self._panel.config.method == "bayes"
        others = {
            "narrow": self._method("narrow"),
            "believe": believes,
            "continue_best": longer,
        }
        return [*actions, *(name for name, is_there in others.items() if is_there)]

    def receive(self, message: Message) -> None:
        """Have a message handled, also where the agent has ended: see `Panel.retire`."""
        self.jobs_for(message).do(lambda: self._handle(message))

    def jobs_for(self, message: object) -> Jobs:
        """The queue that a message of the page goes into."""
        if isinstance(message, Mapping) and message.get("kind") == "steer":
            return self._jobs if message.get("action") in SLOW else self._clicks
        return self._jobs

    def close(self) -> None:
        """End the threads."""
        self._jobs.close()
        self._clicks.close()

    def printed(self, run_id: str) -> str:
        """What a run printed."""
        if self._console is None:
            return ""
        try:
            return self._console(run_id)
        except StoreError as error:
            return f"(the store could not be read: {error})"

    @property
    def _control(self) -> Any:
        """What the buttons steer now."""
        return self._given() if callable(self._given) else self._given

    def _method(self, name: str, owner: Owner = Owner.EITHER, control: object = None) -> Any:
        """A method of the control or of its sweep; None without."""
        control = control or self._control
        owners = {
            Owner.AGENT: (control,),
            Owner.SWEEP: (getattr(control, "sweep", None),),
            Owner.EITHER: (control, getattr(control, "sweep", None)),
        }
        methods = (getattr(one, name, None) for one in owners[owner])
        return next((method for method in methods if method is not None), None)

    def _handle(self, message: Message) -> None:
        kind = message.get("kind")
        if kind in ("ready", "resync"):
            self._panel.is_seen = True
            self._panel.send_picture()
        elif kind == "detail":
            self._send_details(str(message.get("run")))
        elif kind == "analyse":
            self._analyse(message)
        elif kind == "chart":
            self._draw(str(message.get("name")))
        elif kind == "series":
            self._send_series(Question.of(message))
        elif kind == "log":
            self._panel.prints.show(int(message.get("lines") or 1))
        elif kind == "space":
            self._panel.tell({"kind": "space", "specs": specs(self._panel.config)})
        elif kind == "steer":
            self._steer(str(message.get("action")), message)

    def _send_details(self, run_id: str) -> None:
        panel = self._panel
        run = next((run for run in panel.snapshot.runs if run.id == run_id), None)
        if run is not None:
            parts = self._parts(run_id) if self._parts else ()
            checkpoint, obstacle = self._resumption(run) if self._resumption else ("", "")
            detail = details(
                run,
                panel.snapshot,
                panel.config,
                self.printed(run_id),
                parts,
                checkpoint=checkpoint,
                obstacle=obstacle,
            )
            panel.tell({"kind": "detail", "run": run_id, "detail": detail})

    def _analyse(self, message: Message) -> None:
        """Have parameters ranked for another result, among some runs, or by another method."""
        runs, key = message.get("runs"), message.get("key")

        def answer(ranking: PanelImportance | None, error: str) -> None:
            self._panel.tell({"kind": "analysis", "key": key, "found": ranking, "error": error})

        self._panel.analyse(
            answer,
            target=str(message.get("target") or ""),
            run_ids=None if runs is None else [str(run) for run in runs],
            method=str(message.get("method") or "forest"),
        )

    def _draw(self, name: str) -> None:
        """Have a further chart drawn."""

        def answer(chart: PanelChart | None, error: str) -> None:
            self._panel.tell({"kind": "chart", "name": name, "chart": chart, "error": error})

        self._panel.draw(answer, name)

    def _send_series(self, question: Question) -> None:
        """Have curves read that the page does not have."""

        def answer(found: Answer | None, error: str) -> None:
            about = {"kind": "series", "x": question.x, "y": question.y, "error": error}
            sent, buffer = (found or Answer((), (), (), 0, 0.0)).message()
            self._panel.tell({**about, **sent}, [buffer])

        self._panel.series(answer, question)

    def _steer(self, action: str, message: Message) -> None:
        answer = {"kind": "answer", "action": action, "run": message.get("run")}
        try:
            if action == "continue_best" and self._train_longer is not None:
                more = {"text": self._train_longer()}
            elif action == "believe":
                more = {"text": self._believe(message)}
            else:
                narrows = action == "narrow"
                more = self._narrow(message) if narrows else self._press(action, message)
        except SweepError as error:
            self._panel.tell({**answer, "ok": False, "text": in_words(error)})
        except Exception as error:  # noqa: BLE001 - the page waits for an answer
            _log.warning("panel: %s: %s: %s", action, type(error).__name__, error)
            text = f"{action}: it failed, {type(error).__name__}: {error}"
            self._panel.tell({**answer, "ok": False, "text": text})
        else:
            self._panel.tell({**answer, "ok": True, **more})
        self._panel.steered()

    def _press(self, action: str, message: Message) -> dict[str, Any]:
        button, control = BUTTONS.get(action), self._control
        if button is None or action not in self._panel.controls.get("actions", ()):
            raise SweepError(f"{action}: there is no agent at work here.")
        arguments = button.arguments(message)
        method = self._method(button.method, button.owner, control)
        if method is None:
            raise SweepError(f"{action}: the agent has ended meanwhile.")
        before = getattr(control, "left", None)
        method(*arguments)
        if action == "extend":
            after = getattr(control, "left", None)
            return {"text": _added(int(arguments[0]), before, after)}
        return {"text": button.answer.format(*arguments)}

    def _narrow(self, message: Message) -> dict[str, Any]:
        """The sweep that the brushes narrow this one to, in words and as code.

        The message brings the brushes along, since it may overtake their own.
        """
        narrow = self._method("narrow")
        if narrow is None:
            raise SweepError("narrow: nothing here can make a narrower sweep.")
        child = narrow(ranges_to_narrow(*self._brushed(message)))
        created = child.create() if message.get("create") else None
        return {"text": child.summary, "code": child.code, "created": created}

    def _brushed(
        self, message: Message
    ) -> tuple[Sequence[PanelAxis], Mapping[str, Any], list[RunRecord], SweepConfig]:
        """Axes, brushes, the runs inside of them, and the config."""
        panel = self._panel
        brushes = message.get("brushes") or panel.brushes
        wanted = set(message.get("runs") or panel.selected_ids)
        runs = [run for run in panel.snapshot.runs if run.id in wanted]
        return panel.picture["axes"], brushes, runs, panel.config

    def _believe(self, message: Message) -> str:
        """Have the sweep believe in what is brushed, or no longer in a parameter's range."""
        if "believe" not in self.actions:
            raise SweepError("believe: nothing here takes beliefs.")
        withdrawn = message.get("withdraw")
        if withdrawn is not None:
            self._method("believe")({str(withdrawn): None})
            return "belief withdrawn"
        self._method("believe")(beliefs_of_brushes(*self._brushed(message)))
        return "the next suggestions begin there"
