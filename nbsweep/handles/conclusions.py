"""What a sweep has shown, and where to search next: `Sweep.takeaways` and `Sweep.next_space`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from nbsweep import sweep_config
from nbsweep.errors import UsageError
from nbsweep.handles.narrower import ChildSweep, run_ids_inside
from nbsweep.handles.stored import StoredSweep
from nbsweep.wording import without_surrogates

if TYPE_CHECKING:
    from nbsweep.analysis.takeaways import Takeaway


class Takeaways(list["Takeaway"]):
    """What a sweep has shown, the surest first; prints as sentences.

    Each has ``text``, ``n`` (runs that it rests on), ``p_value``, ``effect``, ``parameter``
    and ``kind``.

    Attributes:
        sentence: why there are none, where there are none; else "".
    """

    def __init__(self, takeaways: Sequence[Takeaway], sentence: str = "") -> None:
        super().__init__(takeaways)
        self.sentence = sentence

    @property
    def records(self) -> list[dict[str, Any]]:
        """One dict per takeaway, for a table."""
        names = ("text", "n", "p_value", "effect", "parameter", "kind", "metric")
        return [{name: getattr(each, name) for name in names} for each in self]

    def __repr__(self) -> str:
        lines = [self.sentence] if self.sentence else []
        return without_surrogates("\n".join([*lines, *(f"- {each.text}" for each in self)]))

    __str__ = __repr__

    def _repr_html_(self) -> str:
        said = f"<div>{escape(self.sentence)}</div>" if self.sentence else ""
        items = "".join(f"<li>{escape(each.text)}</li>" for each in self)
        listed = f'<ul style="margin:.4em 0">{items}</ul>' if items else ""
        return without_surrogates(f"<div>{said}{listed}</div>")


@dataclass(frozen=True, repr=False)
class NextSweep(ChildSweep):
    """A sweep over the space to search next: look at it, paste its code, or `create` it.

    Attributes:
        reasons: of each change, in a sentence; why there is none where there is none.
        suggestions: what could be changed too and was not.
    """

    reasons: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()

    def create(self) -> str:
        """Create the sweep and return its id.

        Raises:
            UsageError: nothing would be different.
        """
        if not self.changes:
            raise UsageError(
                f"next_space: the space would be that of sweep {self.parent_id}, so there is no "
                f"sweep to create. {' '.join(self.reasons)}"
            )
        return super().create()

    @property
    def summary(self) -> str:
        """What changes and why, what is reused, and what is only suggested, in a few lines."""
        if not self.changes:
            lines = [f"The space of {self.parent_id} stays as it is:"]
        else:
            lines = [f"Where to search after {self.parent_id}:"]
        lines += [f"  {reason}" for reason in self.reasons]
        if self.changes:
            lines += self.reused_lines
        return "\n".join([*lines, *(f"  {text}" for text in self.suggestions)])

    def __repr__(self) -> str:
        return super().__repr__() if self.changes else self.summary

    def _repr_html_(self) -> str:
        if self.changes:
            return super()._repr_html_()
        head, *rest = self.summary.split("\n")
        items = "".join(f"<li>{escape(line.strip())}</li>" for line in rest)
        return f'<div><div>{escape(head)}</div><ul style="margin:.4em 0">{items}</ul></div>'


class Conclusions:
    """What can be concluded from the runs of a sweep.

    Attributes:
        stored: what the store has of the sweep.
    """

    stored: StoredSweep

    def takeaways(self, metric: str | None = None) -> Takeaways:
        """What the runs have shown, in sentences, each with its evidence and its number of runs.

        Thresholds and trends of parameters, categories that did better or worse, parameters
        that act together, where runs failed, what took longer, what hardly mattered. Corrected
        for all that was looked at: on pure noise a claim is made in 5 of 100 sweeps at most.

        Args:
            metric: another result to look at; by default the sweep's metric, or each of its
                objectives.

        Example:
            >>> sweep.takeaways()
            - batch_size above 128 hurt: mean loss 0.41 against 0.33, 18 and 22 runs.
        """
        from nbsweep.analysis.findings import sweep_takeaways, why_none

        snapshot = self.stored.snapshot()
        config = self.stored.config_of(snapshot.sweep)
        told = sweep_takeaways(snapshot, config, metric=metric)
        return Takeaways(told, "" if told else why_none(snapshot, config, metric))

    def next_space(self, *, fix: bool = False) -> NextSweep:
        """Where to search next: a sweep that is wider or narrower, with the reason of each change.

        Wider where the best runs sit at the end of a range that is no hard limit, narrower
        around them where a parameter decides, without categories that are clearly worse. Runs
        inside the new space count for the new sweep. Nothing is created before ``.create()``;
        its config is ``.config``, the reasons are ``.reasons``.

        Args:
            fix: also fix parameters that hardly matter at the values of the best run, which
                is only suggested else.

        Example:
            >>> after = sweep.next_space()
            >>> nbsweep.agent(after.create(), train, count=20)
        """
        from nbsweep.analysis.next_space import next_space

        snapshot = self.stored.snapshot()
        before = self.stored.config_of(snapshot.sweep)
        found = next_space(snapshot, before, fix=fix)
        source, record = sweep_config.to_dict(found.config), snapshot.sweep
        if record.name and found.is_changed:
            source["name"] = f"{record.name}, next"
        return NextSweep(
            parent_id=self.stored.id,
            project=record.project,
            config=source,
            changes=found.reasons if found.is_changed else (),
            prior_runs=tuple(run_ids_inside(self.stored, found.config)) if found.is_changed else (),
            _store=self.stored.store,
            reasons=found.reasons,
            suggestions=found.suggestions,
        )
