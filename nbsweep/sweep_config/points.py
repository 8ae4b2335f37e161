"""Points that a person gives, whole or in part, checked against the search space."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nbsweep.space.search_space import Parameter, SearchSpace
from nbsweep.space.values import value_key
from nbsweep.sweep_config.reader import Reader
from nbsweep.wording import closest, described, did_you_mean, joined, show

NAMES_SHOWN = 12
TRIED = 4096  # points of an infinite space, in search of one that fits


def read_point(
    reader: Reader, path: Sequence[str], space: SearchSpace, point: Any
) -> dict[str, Any] | None:
    """The flat params of a point given by a person, None after noting what is wrong with it.

    Args:
        reader: collects problems.
        path: where the point stands.
        space: the search space.
        point: plain; flat names, or nested as the run's config is. Parameters may be missing:
            those tied to one of the point take the value that goes with it, a search method
            chooses the others.
    """
    before = len(reader.problems)
    if reader.mapping(path, point, '{"learning_rate": 0.01}') is None:
        return None
    names = [parameter.name for parameter in space]
    tops = {parameter.path[0] for parameter in space if len(parameter.path) > 1}
    for key, value in point.items():
        if key not in names and not (key in tops and isinstance(value, dict)):
            reader.problem(path, unknown(key, names))
    flat = space.flatten_point(point)
    for parameter in space:
        if parameter.name in flat and not parameter.distribution.contains(flat[parameter.name]):
            value = flat[parameter.name]
            here = (*path, *parameter.path)
            reader.problem(here, f"found {described(value)}; {parameter.distribution.requirement}.")
    if len(reader.problems) > before:
        return None
    flat = _with_ties(reader, path, space, flat)
    _check_conditions(reader, path, space, flat)
    if len(reader.problems) == before:
        _check_relations(reader, path, space, flat)
    if len(reader.problems) > before:
        return None
    return {name: flat[name] for name in names if name in flat}


def unknown(name: str, names: Sequence[str]) -> str:
    """That there is no parameter of that name, and which there are."""
    question = did_you_mean(closest(name, names), wanted=name)
    more = ", …" if len(names) > NAMES_SHOWN else ""
    listed = f"{', '.join(names[:NAMES_SHOWN])}{more}"
    return f'"{name}" is not a parameter of this sweep.{question} Parameters: {listed}.'


def feasible(space: SearchSpace) -> dict[str, Any] | None:
    """Some point that all relations of the space allow, None when none was found.

    Certain where the space is small and finite; else only TRIED points, spread evenly, were
    tried.
    """
    return next((p for p in spread_points(space) if fits(space, p)), None)


def fits(space: SearchSpace, params: Mapping[str, Any]) -> bool:
    """Whether a point that `SearchSpace.spread` made meets the constraints and what is fixed."""
    return space.violated(params) is None and all(name in params for name in space.fixed)


def spread_points(space: SearchSpace) -> Iterator[dict[str, Any]]:
    """Points that cover a space: all of a small finite one, else TRIED of them.

    The sequence is Roberts' R_d: fractional parts of multiples of the powers of 1/φ, with
    φ^(d+1) = φ + 1.
    """
    supports = [axis.distribution.support for axis in space.axes]
    sizes = [TRIED + 1 if s is None or s[TRIED : TRIED + 1] else len(s) for s in supports]
    if math.prod(sizes) <= TRIED:
        for index in range(math.prod(sizes)):
            values, rest = {}, index
            for axis, support, size in zip(space.axes, supports, sizes, strict=True):
                rest, digit = divmod(rest, size)
                values[axis.name] = (support or ())[digit]
            yield space.spread(values)
        return
    root = 2.0
    for _ in range(60):
        root = (1.0 + root) ** (1.0 / (len(space.axes) + 1))
    steps = [root ** -(i + 1) for i in range(len(space.axes))]
    for n in range(TRIED):
        yield space.spread(
            {
                axis.name: axis.distribution.quantile((0.5 + n * step) % 1.0)
                for axis, step in zip(space.axes, steps, strict=True)
            }
        )


def _with_ties(
    reader: Reader, path: Sequence[str], space: SearchSpace, flat: dict[str, Any]
) -> dict[str, Any]:
    """The params with what is tied to them."""
    for axis in space.axes:
        names = space.names_of_axis[axis.name]
        given = {name: value_key(flat[name]) for name in names if name in flat}
        if len(names) == 1 or not given:
            continue
        rows = [dict(zip(names, row, strict=True)) for row in axis.distribution.support or ()]
        fitting = [row for row in rows if all(value_key(row[n]) == v for n, v in given.items())]
        if not fitting:
            pair = ", ".join(f"{name} {show(flat[name])}" for name in given)
            reader.problem(
                path, f"{pair}: these do not go together. zip ties {' to '.join(names)}."
            )
        elif len({value_key(row) for row in fitting}) == 1:
            flat = {**flat, **fitting[0]}
    return flat


def _check_conditions(
    reader: Reader, path: Sequence[str], space: SearchSpace, flat: Mapping[str, Any]
) -> None:
    parameters = {parameter.name: parameter for parameter in space}
    constants = space.constants
    for name in flat:
        for condition in parameters[name].when:
            wanted = joined(list(map(show, condition.values)), "or")
            if condition.name not in flat:
                if condition.name not in constants:
                    reader.problem(
                        path,
                        f"{name} has a value only when {condition.name} is {wanted}. Give "
                        f"{condition.name} as well, or leave {name} out.",
                    )
            elif not condition.holds(flat):
                reader.problem(
                    path,
                    f"{name} has a value only when {condition.name} is {wanted}, and it is "
                    f"{show(flat[condition.name])}. Leave {name} out.",
                )


def _check_relations(
    reader: Reader, path: Sequence[str], space: SearchSpace, flat: Mapping[str, Any]
) -> None:
    """Note a constraint that the params break, or that no choice of the others can meet."""
    known = {**space.constants, **flat}
    for i, constraint in enumerate(space.constraints):
        if all(name in known for name in constraint.names) and not constraint.holds(known):
            values = ", ".join(f"{n} {show(known[n])}" for n in sorted(constraint.names))
            reader.problem(path, f'{values}: constraints[{i}], "{constraint.text}", is not met.')
            return
    if space.constraints and feasible(space.fixing(flat)) is None:
        reader.problem(
            path, "no values were found for the other parameters that meet the constraints."
        )


def missing(space: SearchSpace, params: Mapping[str, Any]) -> list[Parameter]:
    """The parameters that have to be chosen before these params are a whole point."""
    known = {**space.constants, **params}
    absent = [p for p in space if p.name not in known]
    # A parameter cannot have a value when one of its conditions is known to fail.
    names = {p.name for p in absent}
    by_name = {p.name: p for p in space}

    def possible(parameter: Parameter) -> bool:
        return all(
            (c.name in names or c.holds(known)) and possible(by_name[c.name])
            for c in parameter.when
        )

    return [p for p in absent if possible(p)]
