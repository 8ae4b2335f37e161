"""wandb.apis.public: what `Api` hands out, by W&B's names."""

from nbsweep.artifacts.artifact import Artifact
from nbsweep.as_wandb.api import Api, PublicProject, PublicSweep
from nbsweep.as_wandb.public_runs import PublicFile, PublicRun, PublicRuns

__all__ = ["Api", "Artifact", "File", "Project", "PublicApi", "Run", "Runs", "Sweep"]

PublicApi = Api
File, Project, Run, Runs, Sweep = PublicFile, PublicProject, PublicRun, PublicRuns, PublicSweep
