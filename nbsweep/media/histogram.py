"""`Histogram`: how many of the values lie between which edges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from nbsweep.errors import UsageError
from nbsweep.media.base import Keeper, Media, array
from nbsweep.media.plain import histogram_of


class Histogram(Media):
    """A histogram to log; kept in the history row itself.

    Args:
        sequence: the values; those that are not finite are left out.
        np_histogram: ``(counts, edges)`` as numpy.histogram returns them, instead.
        num_bins: number of bins, at most 512.

    Raises:
        UsageError: more bins than 512, or edges that do not fit the counts.
    """

    type_name: ClassVar[str] = "histogram"
    MAX_LENGTH = 512

    def __init__(
        self,
        sequence: Sequence[float] | Any = None,
        np_histogram: tuple[Any, Any] | None = None,
        num_bins: int = 64,
    ) -> None:
        if np_histogram is not None:
            counts, edges = np_histogram
            self.histogram, self.bins = array(counts).tolist(), array(edges).tolist()
            if len(self.bins) != len(self.histogram) + 1:
                raise UsageError(
                    f"Histogram: {len(self.histogram)} counts and {len(self.bins)} edges do not "
                    "fit; np_histogram is what numpy.histogram returns, one edge more than counts."
                )
        else:
            import numpy as np

            if sequence is None:
                raise UsageError("Histogram: give values, or np_histogram=(counts, edges).")
            with np.errstate(over="ignore"):
                flat = array(sequence).reshape(-1).astype(float)
            values = histogram_of(flat[np.isfinite(flat)], num_bins)
            self.histogram, self.bins = values["values"], values["bins"]
        if len(self.histogram) > self.MAX_LENGTH:
            raise UsageError(f"Histogram: {len(self.histogram)} bins; at most {self.MAX_LENGTH}.")

    def keep(self, keeper: Keeper) -> dict[str, Any]:
        """The reference, which holds all of it."""
        del keeper
        return {"_type": self.type_name, "values": self.histogram, "bins": self.bins}
