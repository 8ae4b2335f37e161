"""wandb.apis.public: what `Api` hands out, by W&B's names."""

from nbsweep.public_api import Api, PublicProject, PublicSweep
from nbsweep.public_runs import PublicFile, PublicRun, PublicRuns
from nbsweep.runtime.artifacts import Artifact

__all__ = ["Api", "Artifact", "File", "Project", "PublicApi", "Run", "Runs", "Sweep"]

PublicApi = Api
File, Project, Run, Runs, Sweep = PublicFile, PublicProject, PublicRun, PublicRuns, PublicSweep
