"""Made-up sweeps, in every state that a view may have to draw."""

from tests.made_up_sweeps import make_mixed_sweep, make_sweep  # noqa: F401 - fixtures
