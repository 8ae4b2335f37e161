"""What an importance analysis says, whatever its method: for figures, tables and the panel."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from nbsweep.errors import MissingDependencyError

if TYPE_CHECKING:
    import pandas as pd

Method = Literal[
    "forest",
    "permutation",
    "fanova",
    "ped_anova",
    "shap",
    "pearson",
    "spearman",
    "mutual_information",
]
METHODS: tuple[Method, ...] = get_args(Method)


class Wording(NamedTuple):
    """How a method is spoken of.

    Attributes:
        title: of the column or axis of importances, short.
        meaning: of an importance, as a caption; `{metric}` stands for the metric's name.
        model: what explains a share of the metric; "" for a method that has no model.
        nothing: what was not found where nothing stands out.
        adds_up: the importances are shares of one whole.
        brief: of an importance and its error, above a column; `{metric}` as in `meaning`.
    """

    title: str
    meaning: str
    model: str
    nothing: str
    adds_up: bool = True
    brief: str = "share of what explains {metric}, ± standard error"


_CHANCE = "predictions are no better than chance"
WORDING: dict[Method, Wording] = {
    "forest": Wording(
        "importance (share)",
        "Importance: share of what a random forest explains of runs it did not see",
        "the forest",
        _CHANCE,
    ),
    "permutation": Wording(
        "loss if shuffled (share)",
        "Importance: share of what a random forest loses, on runs it did not see, when the "
        "values of a parameter are shuffled",
        "the forest",
        _CHANCE,
        brief="share of the loss if shuffled, for {metric}, ±",
    ),
    "fanova": Wording(
        "main effect (share)",
        "Importance: share of the variance of a random forest over the search space that the "
        "parameter makes by itself (fANOVA)",
        "the forest",
        _CHANCE,
        brief="main effect on {metric}, share ± standard error",
    ),
    "ped_anova": Wording(
        "importance near the top (share)",
        "Importance: how far the best runs differ from all in the parameter, beyond chance, as "
        "a share (PED-ANOVA)",
        "",
        "the best runs are like all others",
        brief="share of what tells the best {metric}, ±",
    ),
    "shap": Wording(
        "mean |SHAP| (share)",
        "Importance: share of the mean size of SHAP values of a random forest, of runs that "
        "its trees did not see",
        "the forest",
        _CHANCE,
        brief="share of mean |SHAP| for {metric}, ± standard error",
    ),
    "pearson": Wording(
        "|correlation|",
        "Importance: size of the linear correlation with {metric}, of categories the "
        "correlation ratio",
        "a straight line",
        "no correlation is beyond chance",
        adds_up=False,
        brief="|correlation| with {metric}, ± standard error",
    ),
    "spearman": Wording(
        "|rank correlation|",
        "Importance: size of the rank correlation with {metric}, of categories the "
        "correlation ratio of ranks",
        "a straight line of the ranks",
        "no correlation is beyond chance",
        adds_up=False,
        brief="|rank correlation| with {metric}, ± standard error",
    ),
    "mutual_information": Wording(
        "mutual information (share)",
        "Importance: share of the entropy of {metric} that the parameter alone tells, less "
        "what chance would",
        "",
        "no parameter tells more than chance would",
        adds_up=False,
        brief="share of {metric} told alone, ± standard error",
    ),
}


class ParameterImportance(NamedTuple):
    """One parameter.

    Attributes:
        name: the parameter.
        importance: from 0 to 1: with the methods "pearson", "spearman" and
            "mutual_information" by itself, else a share of what is explained.
        error: standard error of the importance, by the bootstrap.
        correlation: Pearson's r with the metric, on a log scale where their axes are
            and bounded on the bad side as y of the matrices; with method "spearman"
            that of the ranks; None for parameters of three or more categories.
        correlation_error: bootstrap standard error of it, None likewise.
        high_value: of a parameter with two categories, the one that counts as high in
            the correlation; else None.
        stands_out: its importance is above 0 beyond chance.
        n_runs: runs that it is judged by, those that have the parameter.
        interval: of the importance, in which it lies with 95 %; with the methods "pearson"
            and "spearman" that of the signed correlation, where there is one.
        correlation_ratio, correlation_ratio_error: of three or more categories, from 0 to 1;
            its square is the share of the metric's variance that lies between them, less
            what chance makes it.
        best_value: of three or more categories that differ beyond chance, the one with the
            best mean; else None.
        is_conditional: some runs do not have the parameter.
    """

    name: str
    importance: float
    error: float
    correlation: float | None
    correlation_error: float | None
    high_value: str | None
    stands_out: bool
    n_runs: int = 0
    interval: tuple[float, float] = (0.0, 1.0)
    correlation_ratio: float | None = None
    correlation_ratio_error: float | None = None
    best_value: str | None = None
    is_conditional: bool = False


class PairImportance(NamedTuple):
    """Two parameters that act together: what they do beyond the sum of what each does.

    Attributes:
        names: of the two.
        importance: share of the variance of the forest over the search space.
        error: bootstrap standard error of it.
        stands_out: it is above 0 beyond chance.
    """

    names: tuple[str, str]
    importance: float
    error: float
    stands_out: bool


@dataclass(frozen=True, repr=False)
class Importance:
    """What the runs say about the parameters.

    Attributes:
        rows: by importance, the highest first; in the order of the search space when
            `is_ranked` is False; empty when there is nothing to compute from.
        verdict: the result, or why there is none, in a sentence.
        metric: name of the metric, None when the sweep has none.
        n_runs: runs that count.
        n_missing_runs: how many more runs it takes to begin, 0 when there are enough.
        score: R² for runs that the model did not see (out-of-bag for a forest): 1 when it
            predicts every one, 0 or less when it knows nothing. None without rows, and
            with methods that have no model: "ped_anova", "mutual_information".
        is_ranked: the model predicts runs that it did not see better than chance
            would; with methods without a forest: some parameter stands out. When it does
            not, importances and order of the rows mean nothing.
        constants: parameters left out since they did not vary among the runs.
        title: name of the sweep.
        left_out: runs left out, in words; may be empty.
        method: one of `METHODS`.
        pairs: with method "fanova" the strongest pairs of parameters, the strongest first.
        shared: with method "fanova" how the variance of the forest is shared: by single
            parameters, by pairs, by three and more at once; they add up to 1.
        notes: what else to know, each a sentence: parameters that only some runs have.
    """

    rows: tuple[ParameterImportance, ...]
    verdict: str
    metric: str | None
    n_runs: int
    n_missing_runs: int = 0
    score: float | None = None
    is_ranked: bool = False
    constants: tuple[str, ...] = ()
    title: str = ""
    left_out: str = ""
    method: Method = "forest"
    pairs: tuple[PairImportance, ...] = ()
    shared: tuple[float, float, float] | None = None
    notes: tuple[str, ...] = ()

    @property
    def explained(self) -> float | None:
        """Share of the metric's variance that the model explains of runs it did not see, 0 to 1.

        None where there is no `score`.
        """
        return None if self.score is None else min(max(self.score, 0.0), 1.0)

    @property
    def left(self) -> float | None:
        """What `explained` leaves: noise, and what the parameters or the runs do not tell."""
        return None if self.explained is None else 1.0 - self.explained

    def explained_text(self) -> str:
        """What is explained and what is left, in words; "" where nothing can be said.

        Example: "The forest explains 62 % of loss in runs it did not see; the other 38 % is chance,
        or lies in what the parameters do not tell."
        """
        model = WORDING[self.method].model
        if self.explained is None or self.left is None or not model or not self.metric:
            return ""
        explained = round(100 * self.explained)
        text = (
            f"{model[0].upper()}{model[1:]} explains {explained} % of {self.metric} in runs it "
            f"did not see; the other {100 - explained} % is chance, or lies in what the parameters "
            "do not tell"
        )
        if self.shared is None or not self.is_ranked:
            return f"{text}."
        single, pairs, more = (f"{100 * share:.0f} %" for share in self.shared)
        return (
            f"{text}. Of what it explains, single parameters make {single}, pairs {pairs}, "
            f"three and more at once {more}."
        )

    def dataframe(self) -> pd.DataFrame:
        """The rows as a pandas table, indexed by the parameters' names.

        Raises:
            MissingDependencyError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError:
            raise MissingDependencyError(
                'dataframe() needs an extra package: pip install "nbsweep[pandas]"'
            ) from None
        table = pd.DataFrame(self._records(), columns=["parameter", *_COLUMNS])
        return table.set_index("parameter")

    def _records(self) -> list[dict[str, Any]]:
        return [
            {
                "parameter": row.name,
                "importance": row.importance,
                "error": row.error,
                "low": row.interval[0],
                "high": row.interval[1],
                "stands_out": row.stands_out,
                "correlation": row.correlation,
                "correlation_error": row.correlation_error,
                "correlation_ratio": row.correlation_ratio,
                "high_value": row.high_value,
                "best_value": row.best_value,
                "n_runs": row.n_runs,
            }
            for row in self.rows
        ]

    # Shown

    def together(self) -> list[str]:
        """The pairs of parameters that act together, a sentence each."""
        return [
            f"{' and '.join(pair.names)} act together: {pair.importance:.2f} ± {pair.error:.2f}."
            for pair in self.pairs
            if pair.stands_out
        ]

    def sentences(self) -> list[str]:
        """All that there is to say, the verdict first."""
        explained = self.explained_text() if self.rows else ""
        left_out = f"{self.left_out}." if self.left_out else ""
        constants = f"Did not vary: {', '.join(self.constants)}." if self.constants else ""
        return [
            text
            for text in (
                self.verdict,
                explained,
                *self.together(),
                *self.notes,
                constants,
                left_out,
            )
            if text
        ]

    def _cells(self) -> list[tuple[str, str, str, str]]:
        """The table of a repr: parameter, importance, correlation, whether it stands out."""
        return [
            (
                row.name,
                f"{row.importance:.2f} ± {row.error:.2f}",
                association_text(row),
                "" if row.stands_out else "not told from zero",
            )
            for row in self.rows
        ]

    def __repr__(self) -> str:
        lines = self.sentences()
        if self.rows:
            table = [("parameter", WORDING[self.method].title, "correlation", ""), *self._cells()]
            widths = [max(map(len, column)) for column in zip(*table, strict=True)]
            lines += [""] + [
                "  ".join(
                    cell.ljust(width) for cell, width in zip(cells, widths, strict=True)
                ).rstrip()
                for cells in table
            ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        sentences = "<br>".join(map(html.escape, self.sentences()))
        if not self.rows:
            return f"<p>{sentences}</p>"
        headings = ("parameter", WORDING[self.method].title, "correlation", "")
        head = "".join(f"<th>{html.escape(text)}</th>" for text in headings)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
            for cells in self._cells()
        )
        return (
            f"<p>{sentences}</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )


_COLUMNS = (
    "importance",
    "error",
    "low",
    "high",
    "stands_out",
    "correlation",
    "correlation_error",
    "correlation_ratio",
    "high_value",
    "best_value",
    "n_runs",
)


def association_text(row: ParameterImportance) -> str:
    """A parameter's correlation in a few characters: ``−0.71``, ``ratio 0.45, best relu``."""
    if row.correlation is not None:
        high = f" for {row.high_value}" if row.high_value else ""
        return f"{row.correlation:+.2f}".replace("-", "\N{MINUS SIGN}") + high
    if row.correlation_ratio is not None:
        best = f", best {row.best_value}" if row.best_value else ""
        return f"ratio {row.correlation_ratio:.2f}{best}"
    return ""
