"""From `when`, `zip` and `constraints` of a config to the relations of a search space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nbsweep.space.expressions import Expression, ExpressionError
from nbsweep.space.relations import Condition
from nbsweep.space.search_space import Parameter, SearchSpace
from nbsweep.sweep_config.metrics import names_in
from nbsweep.sweep_config.parameters import Leaves, Whens
from nbsweep.sweep_config.points import TRIED, fits, spread_points, unknown
from nbsweep.sweep_config.reader import Reader
from nbsweep.wording import closest, described, did_you_mean, show

_ZIP_EXAMPLE = '["model", "learning_rate"]'
_WHEN_EXAMPLE = '{"optimizer": "sgd"}'
VALUES_SHOWN = 8


def read_space(
    reader: Reader, source: Mapping[str, Any], leaves: Leaves, whens: Whens
) -> SearchSpace:
    """The search space of a config; after a problem one that lacks some relations.

    Args:
        reader: collects problems.
        source: the config.
        leaves: its parameters.
        whens: their conditions, as they were written.
    """
    space = SearchSpace.of({path: law for path, (_, law) in leaves.items()})
    if not whens and not any(key in source for key in ("zip", "constraints")):
        return space
    before = len(reader.problems)
    parameters = tuple(
        replace(parameter, when=_when(reader, space, parameter, whens)) for parameter in space
    )
    if len(reader.problems) == before:
        _check_cycles(reader, parameters, leaves)
    if len(reader.problems) > before:
        return space
    space = SearchSpace(parameters)
    space = replace(space, ties=_read_zip(reader, source.get("zip"), space))
    if "constraints" in source and len(reader.problems) == before:
        constraints = _read_constraints(reader, source["constraints"], space, names_in(source))
        space = replace(space, constraints=constraints)
        if len(reader.problems) == before:
            _check_feasible(reader, space)
    return space


def _when(
    reader: Reader, space: SearchSpace, parameter: Parameter, whens: Whens
) -> tuple[Condition, ...]:
    conditions = []
    for path, spec in whens.get(parameter.path, ()):
        if reader.mapping(path, spec, _WHEN_EXAMPLE) is None:
            continue
        if not spec:
            reader.problem(path, f"it has no conditions. Give one, such as {_WHEN_EXAMPLE}.")
        for name, value in spec.items():
            condition = _condition(reader, space, parameter, path, name, value)
            if condition is not None:
                conditions.append(condition)
    return tuple(conditions)


def _condition(
    reader: Reader,
    space: SearchSpace,
    parameter: Parameter,
    path: Sequence[str],
    name: str,
    value: Any,
) -> Condition | None:
    other = _named(space, name, parameter.path[:-1])
    if other is None:
        reader.problem(path, unknown(name, [p.name for p in space]))
        return None
    law, here = other.distribution, (*path, name)
    if law.support is None:
        reader.problem(
            here,
            f'"{other.name}" has no listed values that could be compared (distribution '
            f'"{law.kind}"). A condition needs a parameter with "values", or with whole numbers.',
        )
        return None
    values = value if isinstance(value, list) and not law.contains(value) else [value]
    if not values:
        reader.problem(here, "the list is empty. Give at least one value.")
        return None
    strange = [item for item in values if not law.contains(item)]
    if strange:
        shown = ", ".join(show(item) for item in law.support[:VALUES_SHOWN])
        more = ", …" if law.support[VALUES_SHOWN:] else ""
        texts = [item for item in law.support[:100] if isinstance(item, str)]
        guess = closest(strange[0], texts) if isinstance(strange[0], str) else None
        reader.problem(
            here,
            f"found {described(strange[0])}, which {other.name} never is.{did_you_mean(guess)} "
            f"Its values: {shown}{more}.",
        )
        return None
    return Condition(other.name, tuple(values))


def _named(space: SearchSpace, name: str, scope: tuple[str, ...]) -> Parameter | None:
    """The parameter of that name: of the whole space, else from the innermost block outwards."""
    for parameter in space:
        if parameter.name == name:
            return parameter
    for depth in range(len(scope), 0, -1):
        for parameter in space:
            if parameter.name == ".".join((*scope[:depth], name)):
                return parameter
    return None


def _check_cycles(reader: Reader, parameters: Sequence[Parameter], leaves: Leaves) -> None:
    by_name = {parameter.name: parameter for parameter in parameters}
    for start in parameters:
        trail = _trail(start.name, [start.name], by_name)
        if trail is not None:
            path, _ = leaves[start.path]
            steps = ", which depends on ".join(trail[1:])
            reader.problem(
                (*path, "when"),
                f"{trail[0]} depends on {steps}. One of them must always have a value: remove "
                'its "when".',
            )
            return


def _trail(start: str, trail: list[str], by_name: Mapping[str, Parameter]) -> list[str] | None:
    """The way from a parameter along its conditions back to itself, None without one."""
    for condition in by_name[trail[-1]].when:
        if condition.name == start:
            return [*trail, start]
        if condition.name not in trail:
            longer = _trail(start, [*trail, condition.name], by_name)
            if longer is not None:
                return longer
    return None


def _read_zip(reader: Reader, value: Any, space: SearchSpace) -> tuple[tuple[str, ...], ...]:
    if value is None:
        return ()
    groups = value
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        groups = [value]
    well_formed = isinstance(groups, list) and all(
        isinstance(group, list) and all(isinstance(name, str) for name in group) for group in groups
    )
    if not well_formed or not groups:
        reader.problem(
            ("zip",),
            f"found {described(value)}; a list of parameter names is needed, such as "
            f"{_ZIP_EXAMPLE}, or several such lists.",
        )
        return ()
    names = [parameter.name for parameter in space]
    order = {name: i for i, name in enumerate(names)}
    seen: set[str] = set()
    ties = []
    for group in groups:
        for name in group:
            if name not in order:
                reader.problem(("zip",), unknown(name, names))
            elif name in seen:
                reader.problem(("zip",), f'"{name}" is listed twice. Name each parameter once.')
            seen.add(name)
        if all(name in order for name in group) and _tie_fits(reader, group, space):
            ties.append(tuple(sorted(set(group), key=order.__getitem__)))
    return tuple(ties)


def _tie_fits(reader: Reader, group: Sequence[str], space: SearchSpace) -> bool:
    """Whether the parameters can be tied to each other."""
    before, path = len(reader.problems), ("zip",)
    if len(group) < 2:
        reader.problem(path, f"{show(list(group))} ties nothing. Name at least two parameters.")
    lengths = {}
    for name in group:
        parameter = next(p for p in space if p.name == name)
        law = parameter.distribution
        if not law.listed:
            reader.problem(
                path, f'"{name}" has no list of values. Tied parameters need "values" each.'
            )
        elif law.grid is None:
            reader.problem(
                path,
                f'"{name}" has probabilities, which a tied parameter cannot have. Remove them.',
            )
        elif parameter.when:
            reader.problem(
                path, f'"{name}" has conditions ("when"), which a tied parameter cannot have.'
            )
        else:
            lengths[name] = len(law.listed)
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"{name} {length}" for name, length in lengths.items())
        reader.problem(
            path,
            f"the lists differ in length: {counts}. Tied parameters take the first of their "
            "values together, then the second, and so on.",
        )
    return len(reader.problems) == before


def _read_constraints(
    reader: Reader, value: Any, space: SearchSpace, metrics: Sequence[str]
) -> tuple[Expression, ...]:
    example = '["batch_size * grad_accum <= 512"]'
    if not isinstance(value, list):
        proposal = f"[{show(value)}]" if isinstance(value, str) else example
        reader.problem(
            ("constraints",), f"found {described(value)}; a list is needed, such as {proposal}."
        )
        return ()
    names = [parameter.name for parameter in space]
    read = []
    for i, text in enumerate(value):
        path = (f"constraints[{i}]",)
        if not isinstance(text, str):
            reader.problem(
                path,
                f"found {described(text)}; an expression as text is needed, such as {example}.",
            )
            continue
        try:
            read.append(Expression.parse(text, names))
        except ExpressionError as error:
            where = "" if error.column is None else f", column {error.column}"
            message = str(error) if error.unknown is None else unknown(error.unknown, names)
            if error.unknown in metrics:
                message = (
                    f"{show(error.unknown)} is a metric, which is known after a run only; "
                    'constraints are on parameters. A limit on it stands in "metrics": '
                    f'{{"name": {show(error.unknown)}, "at_most": …}} or "at_least".'
                )
            reader.problem(path, f'"{text}"{where}: {message}')
    return tuple(read)


def _check_feasible(reader: Reader, space: SearchSpace) -> None:
    """Note the constraints that no point satisfies, alone or together."""
    unmet = dict(enumerate(space.constraints))
    tried = 0
    for params in spread_points(space):
        tried += 1
        for i in [i for i, constraint in unmet.items() if constraint.holds(params)]:
            del unmet[i]
        if not unmet and fits(space, params):
            return
    finite = tried < TRIED
    none = "no point of the search space" if finite else f"none of {tried:,} points tried"
    for i, constraint in unmet.items():
        reader.problem(
            (f"constraints[{i}]",),
            f'{none} satisfies "{constraint.text}". Loosen it, or widen its parameters.',
        )
    if not unmet:
        reader.problem(
            ("constraints",), f"{none} satisfies all of them together. Loosen some of them."
        )
