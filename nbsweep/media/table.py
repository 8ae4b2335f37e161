"""`Table`: rows and columns to log, media in its cells included."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

from nbsweep.errors import MissingDependencyError, UsageError
from nbsweep.media.base import Keeper, Media, array

DEFAULT_COLUMNS = ("Input", "Output", "Expected")


class Table(Media):
    """Rows and columns to log; `log` also takes a pandas data frame.

    Args:
        columns: their names.
        data: rows, a 2-d array, or a data frame.
        rows: another name of `data`.
        dataframe: a data frame instead.
        dtype: W&B's, ignored: cells hold what they are given.
        optional: W&B's, ignored: every cell may be None.
        allow_mixed_types: W&B's, ignored: always.
        log_mode: W&B's, kept; each `log` writes the whole table.

    Raises:
        UsageError: a row does not have one cell a column.
    """

    type_name: ClassVar[str] = "table-file"
    MAX_ROWS: ClassVar[int] = 10_000  # that a page shows of it; all are kept

    def __init__(
        self,
        columns: Sequence[Any] | None = None,
        data: Any = None,
        rows: Any = None,
        dataframe: Any = None,
        dtype: Any = None,
        optional: Any = True,
        allow_mixed_types: bool = False,
        log_mode: str | None = "IMMUTABLE",
    ) -> None:
        del dtype, optional, allow_mixed_types
        self.log_mode = log_mode
        self.data: list[list[Any]] = []
        content = data if data is not None else rows
        if dataframe is None and hasattr(content, "columns") and hasattr(content, "itertuples"):
            dataframe = content
        if dataframe is not None:
            self.columns = [_name(column) for column in dataframe.columns]
            self.data = [list(row) for row in dataframe.itertuples(index=False)]
            return
        if hasattr(content, "shape"):
            content = array(content).tolist()
        content = list(content or [])
        if columns is None:
            width = len(content[0]) if content else len(DEFAULT_COLUMNS)
            columns = DEFAULT_COLUMNS if width == len(DEFAULT_COLUMNS) else range(width)
        self.columns = [_name(column) for column in columns]
        for row in content:
            self.add_data(*row)

    def add_data(self, *data: Any) -> None:
        """Add a row, a value a column."""
        if len(data) != len(self.columns):
            raise UsageError(
                f"Table: a row of {len(data)} values for {len(self.columns)} columns "
                f"({', '.join(map(str, self.columns))}). Give one value a column."
            )
        self.data.append(list(data))

    def add_row(self, *row: Any) -> None:
        """Old name of `add_data`."""
        self.add_data(*row)

    def add_column(self, name: str, data: Any, optional: bool = False) -> None:
        """Add a column, a value a row."""
        del optional
        values = list(array(data).tolist() if hasattr(data, "shape") else data)
        if self.data and len(values) != len(self.data):
            raise UsageError(
                f"Table: column {name!r} has {len(values)} values for {len(self.data)} rows. Give "
                "one value a row."
            )
        if name in self.columns:
            raise UsageError(f"Table: there is a column {name!r} already.")
        if not self.data:
            if self.columns:
                raise UsageError(
                    f"Table: column {name!r} cannot be added: there are columns but no rows."
                )
            self.data = [[] for _ in values]
        self.columns.append(name)
        for row, value in zip(self.data, values, strict=True):
            row.append(value)

    def add_computed_columns(self, fn: Callable[[int, dict[str, Any]], dict[str, Any]]) -> None:
        """Add the columns that `fn(index, row as a dict)` returns for each row."""
        computed = [fn(index, self._as_dict(row)) for index, row in self.iterrows()]
        for name in computed[0] if computed else ():
            self.add_column(name, [values[name] for values in computed])

    def get_column(self, name: Any, convert_to: str | None = None) -> Any:
        """The values of a column, as a list or with convert_to="numpy" as an array."""
        if name not in self.columns:
            raise UsageError(f"Table: no column {name!r}. Columns: {self.columns}.")
        at = self.columns.index(name)
        values = [row[at] for row in self.data]
        return array(values) if convert_to == "numpy" else values

    def get_index(self) -> list[int]:
        """The numbers of the rows, from 0."""
        return list(range(len(self.data)))

    def get_dataframe(self) -> Any:
        """It as a pandas data frame."""
        try:
            import pandas as pd
        except ImportError:
            raise MissingDependencyError(
                'Table.get_dataframe needs an extra package: pip install "nbsweep[pandas]"'
            ) from None
        return pd.DataFrame(self.data, columns=self.columns)

    def iterrows(self) -> Iterator[tuple[int, list[Any]]]:
        """Number and values of each row."""
        yield from enumerate(self.data)

    def cast(self, col_name: Any, dtype: Any, optional: bool = False) -> None:
        """W&B's: say the type of a column. Cells hold what they are given, so it is checked only.

        Raises UsageError for an unknown column.
        """
        del dtype, optional
        self.get_column(col_name)

    def set_pk(self, col_name: Any) -> None:
        """W&B's: say that a column identifies its row."""
        self.cast(col_name, None)

    def set_fk(self, col_name: Any, table: Table, table_col: Any) -> None:
        """W&B's: say that a column refers to one of another table."""
        self.cast(col_name, None)
        table.cast(table_col, None)

    def keep(self, keeper: Keeper) -> dict[str, Any]:
        """Write the rows; media in cells become files of their own."""
        rows = [[keeper.plain(cell) for cell in row] for row in self.data]
        content = json.dumps({"columns": self.columns, "data": rows}).encode()
        kept = keeper.keep("table", ".table.json", content)
        return self._reference(
            kept, ncols=len(self.columns), nrows=len(rows), log_mode=self.log_mode
        )

    def __len__(self) -> int:
        return len(self.data)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Table) and self.columns == other.columns and self.data == other.data
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {len(self.data)} rows: {', '.join(map(str, self.columns))}>"

    def _as_dict(self, row: Sequence[Any]) -> dict[str, Any]:
        return {str(name): value for name, value in zip(self.columns, row, strict=True)}


class EvalTable(Table):
    """A table of a model's answers; `input_columns` and the like say what the columns are."""

    def __init__(
        self,
        *args: Any,
        input_columns: Sequence[str] | None = None,
        output_columns: Sequence[str] | None = None,
        score_columns: Sequence[str] | None = None,
        backend: Any = None,
        unsupported_media_mode: str = "stub",
        **kwargs: Any,
    ) -> None:
        del backend, unsupported_media_mode
        super().__init__(*args, **kwargs)
        self.input_columns = list(input_columns or [])
        self.output_columns = list(output_columns or [])
        self.score_columns = list(score_columns or [])


class JoinedTable(Media):
    """Two tables to be read side by side where `join_key` agrees."""

    type_name: ClassVar[str] = "joined-table"

    def __init__(self, table1: Table, table2: Table, join_key: str | Sequence[str]) -> None:
        self._tables = (table1, table2)
        self._keys = [join_key] * 2 if isinstance(join_key, str) else list(join_key)
        for table, key in zip(self._tables, self._keys, strict=True):
            table.get_column(key)

    def keep(self, keeper: Keeper) -> dict[str, Any]:
        """Write the rows of both whose keys agree, as one table."""
        left, right = self._tables
        others = dict(zip(map(repr, right.get_column(self._keys[1])), right.data, strict=True))
        joined = Table(
            [f"0.{name}" for name in left.columns] + [f"1.{name}" for name in right.columns]
        )
        for key, row in zip(left.get_column(self._keys[0]), left.data, strict=True):
            if repr(key) in others:
                joined.add_data(*row, *others[repr(key)])
        return {**joined.keep(keeper), "_type": self.type_name, "join_key": self._keys}


def _name(column: Any) -> str | int:
    return column if isinstance(column, (str, int)) else str(column)
