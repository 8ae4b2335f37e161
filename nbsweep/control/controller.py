"""One step of a sweep: snapshot → which params next → claim.

The controller keeps nothing but a snapshot that saves reading what cannot have
changed; two controllers of one sweep agree because the store's claim decides. When
somebody edits the search space, the next snapshot tells.
"""

from __future__ import annotations

import os
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from itertools import compress, count, islice
from typing import Any

from nbsweep import search, sweep_config
from nbsweep.continued import suggestion_origin, was_requested
from nbsweep.control.continuing import GoOn, Reach, Thaw, elsewhere, go_on
from nbsweep.control.lost_runs import STALE_AFTER_S, Watch, in_doubt, mark_crashed
from nbsweep.control.repeating import Repeating, asked, was_asked_for
from nbsweep.control.schedule import Schedule, TimeIsUp
from nbsweep.errors import ClaimConflictError, StoreError, StoreGoneError
from nbsweep.records import (
    RunRecord,
    RunState,
    Snapshot,
    Suggestion,
    SweepRecord,
    SweepState,
    WorkOrder,
)
from nbsweep.runs.identity import AgentIdentity, new_id, run_seed, sweep_run_name
from nbsweep.runs.labels import labels_of
from nbsweep.search import lookahead
from nbsweep.search.completion import complete
from nbsweep.search.custom_search import SearchFunction
from nbsweep.search.evidence import Evidence
from nbsweep.search.random_search import suggest as random_search
from nbsweep.search.recompute import seen
from nbsweep.search.replicates import from_queue
from nbsweep.store.base import Store
from nbsweep.sweep_config import SweepConfig

RECOVERY_INTERVAL_S = 5.0
LOOK_AHEAD = 8  # suggestions made at a time, for each of those to choose from
TRIES = {"grid": 4096, "random": 512}  # suggestions looked at for one that ends in time
MAX_SPREAD = 64  # 16 agents that ask at once then get in each other's way one time in five


@dataclass(frozen=True)
class Halt:
    """There is no run to hand out now.

    Attributes:
        reason: why, in words for the user.
        paused: True when it is worth asking again: somebody paused the sweep, or it is about
            to be known whether runs elsewhere live.
        waiting: True in the latter case.
    """

    reason: str
    paused: bool = False
    waiting: bool = False


@dataclass(frozen=True)
class NothingLeft:
    """There will be no run to hand out any more: the sweep can end.

    Attributes:
        reason: why, in words for the user.
    """

    reason: str


class Controller:
    """Hands out the runs of one sweep to one agent.

    Args:
        store: where the sweep is.
        sweep_id: the sweep.
        agent: who claims.
        folder: the folder under which each run gets its own.
        clock: unix time in seconds.
        code: hash of the training code that the runs will execute.
        echo: whether what runs print is also shown.
        search_function: of the user's, for a sweep with method "custom".
        watch: tells which runs of other agents live.
        elapsed: monotonic, in seconds.
        schedule: what time allows; default: what the sweep's `run_time` allows.

    Attributes:
        schedule: see above.
        beyond_count: ids of the runs handed out that a person asked for since the agent began.
        starts_at_once: whether a claimed run begins at once in this process, so that the
            claim can say that it runs; one transaction a run less.

    Raises:
        UsageError: the sweep needs a search function, or needs none.
    """

    def __init__(
        self,
        store: Store,
        sweep_id: str,
        agent: AgentIdentity,
        folder: Callable[[str], str],
        clock: Callable[[], float] = time.time,
        *,
        code: str | None = None,
        echo: bool = False,
        search_function: SearchFunction | None = None,
        watch: Watch | None = None,
        elapsed: Callable[[], float] = time.monotonic,
        schedule: Schedule | None = None,
    ) -> None:
        self._store = store
        self.schedule = schedule or Schedule(None, clock, elapsed)
        self._passed_over = False
        self._watch = watch or Watch(elapsed)
        self._elapsed = elapsed
        self._code_hash = code
        self._echo = echo
        self._sweep_id = sweep_id
        self._agent = agent
        self._folder = folder
        self._clock = clock
        self._reach = Reach(folder, shared=store.url.startswith("sqlite:"))
        self._thawing = Thaw(self._reach, code)
        self._snapshot: Snapshot | None = None
        self._asked_before: set[int] | None = None  # numbers, by people, before the agent began
        self.beyond_count: set[str] = set()
        self._recovered_at = float("-inf")
        self.starts_at_once = False
        self._lowest_free = 1
        self._spread = 1  # choose among so many free suggestions; grows with conflicts
        sweep = store.sweep(sweep_id)
        self._project = sweep.project
        self._search_function = search_function
        self._plan(sweep)

    def _plan(self, sweep: SweepRecord) -> None:
        """Begin with the sweep's config as it is now, from nothing that was known of runs."""
        self._edits = len(sweep.edits)
        self.config = sweep_config.parse(sweep.config)
        # Only the controller's process has the search function: wait for what it schedules.
        local = (self.config.source.get("controller") or {}).get("type") == "local"
        function = self._search_function
        self._steered = local and function is None and search.needs_function(self.config)
        self._suggest = random_search if self._steered else search.method_for(self.config, function)
        self._known = Evidence(self.config, sweep)
        self._ahead: OrderedDict[int, Suggestion] = OrderedDict()
        self._repeating = None if self.config.repeats is None else Repeating(self.config)
        # Prior runs may have tried points already: with them it may end so much earlier.
        space = self.config.space
        size = space.grid_size if self.config.method == "grid" else space.size
        if self.config.repeats == "auto":
            size = None  # what is to be repeated is not known before
        each = self.config.runs_each
        self._size = None if size is None else max(0, size * each - len(sweep.prior_runs))

    def next_order(self) -> WorkOrder | Halt:
        """Claim the next run, or say why there is none; safe against other agents."""
        return self._next(self._decide)

    def next_beyond_count(self) -> WorkOrder | Halt:
        """The next run where nothing new may begin.

        That is one that a person asked for since the agent began, or a paused one that early
        termination lets go on.
        """
        return self._next(self._decide_beyond_count)

    @property
    def waiting_again(self) -> list[RunRecord]:
        """Ended runs that are to be handed out again, or go on, as a part of an agent's count."""
        known, before = self._known, self._asked_before or ()
        asked = (*list(known.requested.values()), *list(known.continuing.values()))
        retried = [run for run in list(known.retryable.values()) if not run.retry_requested]
        return [*retried, *(run for run in asked if run.number in before)]

    def _next(
        self, decide: Callable[[SweepRecord], RunRecord | GoOn | Halt | NothingLeft]
    ) -> WorkOrder | Halt:
        while True:
            sweep = self._read().sweep
            if sweep.state is SweepState.PAUSED:
                up = self.schedule.time_is_up()
                return Halt("the sweep is paused", paused=True) if up is None else Halt(up.reason)
            decision = decide(sweep)
            if isinstance(decision, Halt):
                return decision
            if isinstance(decision, NothingLeft):
                return self._end(decision.reason)
            try:
                claimed = self._claim_or_go_on(decision)
            except ClaimConflictError:
                self._spread = min(2 * self._spread, MAX_SPREAD)
                continue  # another agent was faster; it is in the next snapshot
            self._spread = max(1, self._spread - 1)
            if sweep.state is SweepState.PENDING:
                self._store.set_sweep_state(
                    self._sweep_id, SweepState.RUNNING, expected=[SweepState.PENDING]
                )
            known = {**self._known.requested, **self._known.continuing}
            if claimed.number in known or was_asked_for(claimed):
                self.schedule.asked_for.add(claimed.id)
            is_beyond = claimed.number in known and not self._was_asked_before(claimed.number)
            (self.beyond_count.add if is_beyond else self.beyond_count.discard)(claimed.id)
            seed = run_seed(sweep.seed, claimed.number)
            return WorkOrder(
                claimed,
                self._store.url,
                self._folder(claimed.id),
                seed=seed,
                echo=self._echo,
                metric=self.config.metric,
                early_terminate=self.config.early_terminate,
                metrics=self.config.metrics,
            )

    @property
    def thaws(self) -> bool:
        """Whether early termination lets paused runs go on."""
        rule = self.config.early_terminate
        return rule is not None and rule.thaw

    def _claim_or_go_on(self, decision: RunRecord | GoOn) -> RunRecord:
        """Write the run that was decided on; raises ClaimConflictError as `claim_run` does."""
        if isinstance(decision, RunRecord):
            return self._store.claim_run(decision)
        assert self._snapshot is not None
        return go_on(
            *(decision, self._store, self._agent, self.config, self._snapshot),
            starts_at_once=self.starts_at_once,
            code=self._code_hash,
            at=self._clock(),
        )

    def nothing_left(self) -> Halt | None:
        """Why an agent that begins now finds nothing to run; None when it has to try.

        Never computes what it would not keep: only bounded sweeps and those whose
        suggestions are known ahead can be through.
        """
        sweep, known, cap = self._read().sweep, self._known, self.config.run_cap
        if sweep.state.ended:
            decision = self._decide(sweep)
            return decision if isinstance(decision, Halt) else None
        through = known.target_run is not None or (cap is not None and len(known.latest) >= cap)
        up = self.schedule.time_is_up()
        through = through or (up is not None and up.of_sweep)
        if sweep.state is SweepState.PAUSED or not (through or lookahead.known_ahead(self.config)):
            return None
        decision = self._decide(sweep)
        return self._end(decision.reason) if isinstance(decision, NothingLeft) else None

    def close_if_done(self) -> None:
        """After an agent's last run: end the sweep when nothing is left to hand out."""
        sweep = self._read().sweep
        if sweep.state is not SweepState.RUNNING:
            return
        limits = [self.config.run_cap, None if self.config.method == "random" else self._size]
        full = any(limit is not None and len(self._known.latest) >= limit for limit in limits)
        is_counted = self._size is not None and self._repeating is None
        full = full or (self.config.method == "grid" and not is_counted)
        up = self.schedule.time_is_up()
        if full or self._known.target_run is not None or (up is not None and up.of_sweep):
            decision = self._decide(sweep)
            if isinstance(decision, NothingLeft):
                self._end(decision.reason)

    def runs_left(self, count: int | None = None) -> int | None:
        """How many runs there are to hand out, at most `count`; None for no limit."""
        known, cap = self._known, self.config.run_cap
        size = None if self.config.method == "random" else self._size
        limits = [None if most is None else most - len(known.latest) for most in (cap, size)]
        return min((max(0, most) for most in (*limits, count) if most is not None), default=None)

    def keep_watch(self, *, at_once: bool = False) -> None:
        """Look now and then for runs that were lost, while there is nothing to hand out.

        With `at_once` the runs are read in any case.
        """
        if at_once or self._elapsed() - self._recovered_at >= RECOVERY_INTERVAL_S:
            try:
                self._read()
            except StoreGoneError:
                raise
            except StoreError:  # whoever has something to write will say so
                pass

    def left_open(self) -> list[RunRecord]:
        """Runs that this agent claimed and that have not ended."""
        runs = self._store.snapshot(self._sweep_id, self._snapshot).runs
        return [r for r in runs if r.agent_id == self._agent.id and not r.state.ended]

    def _decide(self, sweep: SweepRecord) -> RunRecord | GoOn | Halt | NothingLeft:
        """The next run to claim or to go on with, or why there is none: for now, or for good."""
        if sweep.state.ended:
            return self._asked_replicate(sweep) or _has_ended(sweep)
        decision = self._decide_what_is_here(sweep)
        away = [run for run in self._known.continuing.values() if not self._reach.holds(run)]
        return Halt(elsewhere(away)) if away and isinstance(decision, NothingLeft) else decision

    def _decide_what_is_here(self, sweep: SweepRecord) -> RunRecord | GoOn | Halt | NothingLeft:
        """`_decide`, whatever is to go on where this agent cannot get at it."""
        known, cap = self._known, self.config.run_cap
        self._passed_over = False
        asked_for = self._asked_for() or self._asked_replicate(sweep)
        if asked_for is not None:
            return asked_for
        if known.target_run is not None:
            values = ", ".join(f"{name} {v:.6g}" for name, v in known.values_at_target.items())
            return NothingLeft(f"target reached: {values} in run {known.target_run.number}")
        up = self.schedule.time_is_up()
        if up is not None:
            return _out_of_time(up)
        for run in known.retryable.values():
            if self._fits(run.params):
                return self._claim_again(run)
        if cap is not None and len(known.latest) >= cap:
            return self._thaw(None) or NothingLeft(f"run_cap of {cap} runs reached")
        queued = self._next_queued(sweep)
        if queued is not None:
            return self._claim(*queued)
        due = None if self._repeating is None else self._repeating.due()
        if due is not None and self._fits(due.params):
            names = {"seen": seen(known.latest.values(), self._edits)}
            return self._claim(self._first_free(), Suggestion(due.params, {**due.origin, **names}))
        if self._steered:
            return Halt("the controller has scheduled nothing", paused=True)
        suggestion = self._next_suggestion(sweep.seed)
        thawed = self._thaw(None if suggestion is None else suggestion[1].params)
        if thawed is not None:
            return thawed
        if suggestion is None and self._passed_over:
            return _out_of_time(self.schedule.nothing_fits())
        if suggestion is None:
            return NothingLeft("all points of the search space were tried")
        return self._claim(*suggestion)

    def _was_asked_before(self, number: int) -> bool:
        """Whether what a person asked for, which is handed out now, waited for the agent."""
        before = self._asked_before or set()
        is_one = number in before
        before.discard(number)
        return is_one

    def _asked_for(self, other_than: Collection[int] = ()) -> RunRecord | GoOn | Halt | None:
        """What a person asks for, but not these numbers; it comes before every limit."""
        known = self._known
        again = (run for run in known.requested.values() if run.number not in other_than)
        decision = next((self._claim_again(run) for run in again), None)
        if decision is None:
            here = (run for run in known.continuing.values() if run.number not in other_than)
            reached = (run for run in here if self._reach.holds(run))
            decision = next((GoOn(run, requested=True) for run in reached), None)
        refused = None if decision is None else self.schedule.refuses_asked_for()
        return decision if refused is None else Halt(refused.reason)

    def _asked_replicate(self, sweep: SweepRecord) -> RunRecord | GoOn | Halt | None:
        """The next replicate that a person asked for, `Sweep.confirm`.

        No limit of the sweep holds it back, nor that the sweep has ended.
        """
        if not sweep.queue:
            return None
        known = self._known
        decision: RunRecord | GoOn | None = next(
            (self._claim_again(run) for run in known.retryable.values() if was_asked_for(run)), None
        )
        if decision is None:
            for _, suggestion in asked(sweep, known.handed_out)[:1]:
                names = {"seen": seen(known.latest.values(), self._edits)}
                origin = {**suggestion.origin, **names}
                decision = self._claim(self._first_free(), Suggestion(suggestion.params, origin))
        refused = None if decision is None else self.schedule.refuses_asked_for()
        return decision if refused is None else Halt(refused.reason)

    def _decide_beyond_count(self, sweep: SweepRecord) -> RunRecord | GoOn | Halt:
        if sweep.state.ended:
            return _has_ended(sweep)
        asked_for = self._asked_for(other_than=self._asked_before or ())
        if asked_for is not None:
            return asked_for
        up = self.schedule.time_is_up()
        over = self._known.target_run is not None or up is not None
        return (None if over else self._thaw(None)) or Halt("no paused run is worth going on with")

    def _thaw(self, params: Mapping[str, Any] | None) -> GoOn | None:
        """The paused run that is worth more than a new one with these params; see `Thaw`."""
        if not self.thaws:
            return None
        assert self._snapshot is not None
        return self._thawing.choose(self.config, self._known, self._snapshot, self.schedule, params)

    def _next_suggestion(self, seed: int) -> tuple[int, Suggestion] | None:
        """What the search suggests, with the number to claim; None when nothing is left."""
        known, cap = self._known, self.config.run_cap
        if lookahead.known_ahead(self.config):
            self._look_ahead(seed, self._spread)
            at_hand = self._that_fit(list(self._ahead.items()))
            if self._passed_over and not at_hand:
                self._look_ahead(seed, TRIES[self.config.method])
                at_hand = self._that_fit(list(self._ahead.items()))
            if not at_hand:
                return None
            left = len(at_hand) if cap is None else cap - len(known.latest)
            return at_hand[secrets.randbelow(min(self._spread, left, len(at_hand)))]
        number = 1 + max(known.latest, default=0)
        config, time_left = self._timed()
        suggestion = self._suggest(
            config, known.observations, known.pending, search.generator(seed, number)
        )
        if suggestion is None or not self._fits(suggestion.params):
            return None
        if self._repeating is not None:
            suggestion = self._repeating.chosen(suggestion)
        names = {"seen": seen(known.latest.values(), self._edits)}
        return number, Suggestion(suggestion.params, {**suggestion.origin, **time_left, **names})

    def _timed(self) -> tuple[SweepConfig, dict[str, Any]]:
        """The config with the time that is left, and what the origin says of that."""
        left_s = self.schedule.left_s
        if left_s is None:
            return self.config, {}
        left_s = round(left_s, 3)
        return replace(self.config, time_left_s=left_s), {"time_left_s": left_s}

    def _fits(self, params: Mapping[str, Any]) -> bool:
        """Whether a run with these params would end in time; notes when it would not."""
        fits = self.schedule.fits(self.config, self._known.observations, [params])[0]
        self._passed_over = self._passed_over or not fits
        return fits

    def _that_fit(self, free: list[tuple[int, Suggestion]]) -> list[tuple[int, Suggestion]]:
        """Those of several suggestions that would end in time; notes when not all would."""
        params = [suggestion.params for _, suggestion in free]
        fits = self.schedule.fits(self.config, self._known.observations, params)
        self._passed_over = self._passed_over or not all(fits)
        return list(compress(free, fits))

    def _next_queued(self, sweep: SweepRecord) -> tuple[int, Suggestion] | None:
        """The first initial or enqueued point that has had no run, with the number to claim.

        That is the lowest free one: whoever does not know yet that another agent took the
        point finds the same number, and loses the claim.
        """
        known = self._known
        points = [("initial_point", i, p) for i, p in enumerate(self.config.initial_points)]
        points += [("enqueued", i, p) for i, p in enumerate(sweep.queue)]
        for key, place, point in points:
            if (key, place) in known.handed_out or from_queue(point) is not None:
                continue
            number = self._first_free()
            rng = search.generator(sweep.seed, number)
            config, time_left = self._timed()
            suggestion = complete(
                config, point, known.observations, known.pending, rng, self._suggest
            )
            if not self._fits(suggestion.params):
                continue  # it waits for an agent with more time
            source = {key: place, **time_left, "seen": seen(known.latest.values(), self._edits)}
            return number, Suggestion(suggestion.params, {**suggestion.origin, **source})
        return None

    def _first_free(self) -> int:
        while self._lowest_free in self._known.latest:
            self._lowest_free += 1
        return self._lowest_free

    def _look_ahead(self, seed: int, least: int) -> None:
        """Have at least so many suggestions that are free at hand, the lowest number first.

        Kept from call to call: another agent that took one of them leaves the others
        as they are, unless its params came from elsewhere (`_read`).
        """
        if len(self._ahead) >= least:
            return
        known, wanted = self._known, max(least, LOOK_AHEAD * self._spread)
        if self.config.method == "grid":  # finding what is left looks at all that is taken
            wanted = max(wanted, len(known.latest) // LOOK_AHEAD)
        free = (n for n in count(self._first_free()) if n not in known.latest)
        ahead = lookahead.upcoming(
            self.config, known.observations, known.pending, seed, list(islice(free, wanted))
        )
        if self._repeating is not None and self.config.method == "grid":
            ahead = self._repeating.of_grid(ahead)
        self._ahead = OrderedDict(ahead)

    def _read(self) -> Snapshot:
        self._snapshot = self._now()
        now = self._elapsed()
        if now - self._recovered_at >= RECOVERY_INTERVAL_S:
            self._recovered_at = now
            runs = self._snapshot.runs
            if mark_crashed(self._store, runs, self._watch, except_of=self._agent.id):
                self._snapshot = self._now()
        if len(self._snapshot.sweep.edits) != self._edits:
            self._plan(self._snapshot.sweep)
        changed = self._known.update(self._snapshot)
        if self._asked_before is None:
            self._asked_before = {*self._known.requested, *self._known.continuing}
        if self._repeating is not None and self._repeating.update(changed):
            self._ahead.clear()  # repetitions of what did not work out are among them
        for run in changed:
            expected = self._ahead.pop(run.number, None)
            if expected is not None and expected.origin != run.origin:
                self._ahead.clear()  # its own suggestion is still free: numbers move on
        self.schedule.update(self.config.run_time_s, self._snapshot)
        return self._snapshot

    def _now(self) -> Snapshot:
        curves = self.config.learns_from_curves or self.thaws
        return self._store.snapshot(self._sweep_id, self._snapshot, curves=curves)

    def _claim_again(self, run: RunRecord) -> RunRecord | GoOn:
        if run.continued and not run.retry_requested:
            return GoOn(run, requested=was_requested(run))
        origin = dict(suggestion_origin(run))
        if not run.state.counts:  # it was cut off: its checkpoint is there to go on from
            origin["predecessor"] = run.id
        return self._claim(run.number, Suggestion(run.params, origin), attempt=run.attempt + 1)

    def _claim(self, number: int, suggestion: Suggestion, attempt: int = 0) -> RunRecord:
        now, run_id = self._clock(), new_id()
        labels = {"name": sweep_run_name(run_id, number), **labels_of(os.environ)}
        return RunRecord(
            **labels,
            id=run_id,
            project=self._project,
            sweep_id=self._sweep_id,
            number=number,
            attempt=attempt,
            params=suggestion.params,
            config=self.config.space.nest(suggestion.params),
            origin={**suggestion.origin, **self.schedule.origin()},
            code_hash=self._code_hash,
            agent_id=self._agent.id,
            host=self._agent.host,
            pid=self._agent.pid,
            created_at=now,
            heartbeat_at=now,
            state=RunState.RUNNING if self.starts_at_once else RunState.PENDING,
            started_at=now if self.starts_at_once else None,
        )

    def _end(self, reason: str) -> Halt:
        """Nothing is left: the sweep is finished once no run is under way any more.

        An agent that could have the last points handed out again waits until it knows.
        """
        if self._known.is_busy:
            assert self._snapshot is not None
            doubtful = in_doubt(
                self._snapshot, self._watch, self._clock(), except_of=self._agent.id
            )
            if doubtful:
                self._recovered_at = float("-inf")  # look at them again next time
                return Halt(_waiting(doubtful), paused=True, waiting=True)
        else:
            self._store.set_sweep_state(
                self._sweep_id,
                SweepState.FINISHED,
                expected=[SweepState.PENDING, SweepState.RUNNING],
                reason=reason,
                at=self._clock(),
            )
        return Halt(reason)


def _has_ended(sweep: SweepRecord) -> Halt:
    return Halt(sweep.end_reason or f"the sweep is {sweep.state.value.lower()}")


def _out_of_time(up: TimeIsUp) -> Halt | NothingLeft:
    return NothingLeft(up.reason) if up.of_sweep else Halt(up.reason)


def _waiting(runs: list[RunRecord]) -> str:
    numbers = ", ".join(str(run.number) for run in runs[:3])
    more = f" and {len(runs) - 3} more" if len(runs) > 3 else ""
    which = f"run {numbers} on {runs[0].host} is" if len(runs) == 1 else f"runs {numbers}{more} are"
    return (
        f"Waiting at most {STALE_AFTER_S:.0f} seconds for a sign of life: {which} under way "
        "elsewhere, or left behind there."
    )
