"""The loop of the benchmarks of searchers: what is not measured yet, one line of results each."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np


class Named(Protocol):
    """A problem, as far as the loop knows it."""

    name: str


def options(
    doc: str, results: Path, *, budget: int, seeds: int, quick: str
) -> argparse.ArgumentParser:
    """The options that the benchmarks share.

    Args:
        doc: of the module; its first line describes the command.
        results: the default file of results, a JSON object a line.
        budget: default number of runs.
        seeds: default number of seeds.
        quick: what --quick does, in words.
    """
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--searchers", default="", help="comma-separated; all by default")
    parser.add_argument("--problems", default="", help="comma-separated; all by default")
    parser.add_argument("--seeds", type=int, default=seeds)
    parser.add_argument("--budget", type=int, default=budget)
    parser.add_argument("--quick", action="store_true", help=quick)
    parser.add_argument("--results", type=Path, default=results)
    return parser


class BudgetSpentError(Exception):
    """Raised in `evaluate` to stop a searcher that asks for more than its budget."""


def drive(
    searcher: Callable[[Callable[[dict[str, Any]], Any]], None],
    report: Callable[[dict[str, Any]], Any],
    budget: int,
) -> float:
    """Have a searcher make its runs; CPU milliseconds a suggestion takes, late in the budget.

    Args:
        searcher: called with a function that makes a run of params.
        report: params, of plain types, to what that run reports. Its time does not count.
        budget: number of runs.
    """
    asked_s: list[float] = []
    last = time.process_time()

    def evaluate(params: dict[str, Any]) -> Any:
        nonlocal last
        asked_s.append(time.process_time() - last)
        if len(asked_s) > budget:
            raise BudgetSpentError
        reported = report({name: plain(value) for name, value in params.items()})
        last = time.process_time()
        return reported

    try:
        searcher(evaluate)
    except BudgetSpentError:
        asked_s.pop()
    return round(1e3 * float(np.median(asked_s[len(asked_s) // 2 :])), 2)


def plain(value: Any) -> Any:
    """Without numpy's scalar types, which a training function need not understand."""
    return value.item() if isinstance(value, np.generic) else value


def named(text: str, everything: Iterable[str]) -> list[str]:
    """The names in a comma-separated option; all of them where it is empty."""
    return text.split(",") if text else list(everything)


def measure_missing(
    spend: Callable[[str, Any, int], dict[str, Any]],
    searchers: Sequence[str],
    problems: Sequence[Named],
    seeds: Iterable[int],
    results: Path,
) -> None:
    """Measure what the file of results does not have, and write each line as it is there.

    A searcher that is not installed is skipped, and one that breaks loses that line alone.

    Args:
        spend: (searcher, problem, seed) → one line of results.
        searchers: by name.
        problems: in this order.
        seeds: the outer loop, so that a benchmark that is interrupted is even.
        results: the file, a JSON object a line; may not exist.
    """
    lines = results.read_text().splitlines() if results.exists() else []
    known = [json.loads(line) for line in lines]
    done = {(entry["searcher"], entry["problem"], entry["seed"]) for entry in known}
    skipped: set[str] = set()
    for seed in seeds:
        for searcher in searchers:
            for problem in problems:
                if searcher in skipped or (searcher, problem.name, seed) in done:
                    continue
                try:
                    entry = spend(searcher, problem, seed)
                except ImportError as error:
                    print(f"{searcher} is skipped: {error}")
                    skipped.add(searcher)
                    continue
                except Exception as error:  # noqa: BLE001  # a broken peer must not end the others' hours
                    print(f"{searcher} on {problem.name}, seed {seed}: {error!r}")
                    continue
                with results.open("a") as file:
                    file.write(json.dumps(entry) + "\n")


def left_out(regrets: Any, searchers: Iterable[str], problems: Iterable[Named]) -> str:
    """What a table of results does not show, in sentences.

    Args:
        regrets: the `Regrets` of a benchmark.
        searchers: all there are, by name.
        problems: all there are.
    """
    absent = [problem.name for problem in problems if problem.name not in regrets.problems]
    shown, n = regrets.searchers, len(regrets.problems)
    partial = [f"{s} ({len(regrets.done(s))})" for s in shown if len(regrets.done(s)) < n]
    unrun = [s for s in searchers if s not in shown]
    return (
        f"Problems that were not run: {', '.join(absent) or 'none'}. "
        f"Searchers that did only part of the problems: {', '.join(partial) or 'none'}. "
        f"Searchers that were not run: {', '.join(unrun) or 'none'}."
    )
