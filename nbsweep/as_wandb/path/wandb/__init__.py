"""nbsweep under the name of wandb; see nbsweep.as_wandb."""

import sys

try:
    from nbsweep.as_wandb import stand_in
except ImportError as error:
    raise ImportError(
        f"wandb: {__file__} stands in for it, as PYTHONPATH says, but {sys.executable} cannot "
        f"import nbsweep ({error}). Install nbsweep there, or take that folder out of PYTHONPATH."
    ) from error

stand_in.register(sys.modules[__name__])
