"""wandb.apis.public: what `Api` hands out, by W&B's names."""

from nbsweep.as_wandb.api import Api, PublicProject
from nbsweep.as_wandb.artifact_members import Artifact
from nbsweep.as_wandb.public_files import PublicFile
from nbsweep.as_wandb.public_sweeps import PublicRun, PublicRuns, PublicSweep

__all__ = ["Api", "Artifact", "File", "Project", "PublicApi", "Run", "Runs", "Sweep"]

PublicApi = Api
File, Project, Run, Runs, Sweep = PublicFile, PublicProject, PublicRun, PublicRuns, PublicSweep
