"""What nbsweep does with each public name of wandb: the four groups, as tables.

A name that is in none of the tables works. Names of classes' members are written
``Table.add_data``; those of W&B's reading API begin with ``apis.public.``, and those of what
`controller()` returns with ``controller().``. docs/wandb-compatibility.md is generated from
here (`tools/wandb_table.py`) and a test compares the two.
"""

from __future__ import annotations

import difflib
import fnmatch

from nbsweep.errors import MissingNameError

WORKS, PARTLY, IGNORED, REFUSED = "works", "works in part", "accepted and ignored", "refused"
GROUPS = (WORKS, PARTLY, IGNORED, REFUSED)

# Name or pattern → what is missing.
_PARTLY = {
    "Api.artifact_collection": "its name and type; not its history",
    "Api.artifact_collections": "their names and types; not their history",
    "Artifact.add_reference": "the URI is kept; nothing of it is fetched or checked",
    "Artifact.checkout": "references are not fetched",
    "EvalTable": "a Table; the evaluation service is not called",
    "Image": "`boxes` and `masks` are kept as files and not drawn",
    "JoinedTable": "kept as one table of the rows that agree",
    "Plotly": "takes plotly figures; matplotlib's are logged as pictures",
    "Run.alert": "shown where the run prints; nobody gets a mail",
    "Video": "arrays become a gif; other formats are taken as files",
    "alert": "shown where the run prints; nobody gets a mail",
    "apis.public.Run.metadata": "host, code version and times; no system information",
    "apis.public.Run.save": "labels of a run under way; ended runs do not change",
    "apis.public.Run.update": "labels of a run under way; ended runs do not change",
    "apis.public.Run.update_state": "only where it is in that state already",
    "data_types": "its media classes",
    "plot.plot_table": "W&B's own specs; of others the first two fields as points",
    "plot.visualize": "see plot_table",
    "plot_table": "W&B's own specs; of others the first two fields as points",
    "visualize": "see plot_table",
}

# Name or pattern → why nothing happens.
_IGNORED = {
    "Api.default_entity": "always empty: there are no accounts",
    "Api.flush": "nothing is cached",
    "ArtifactTTL": "nothing is deleted by itself",
    "*Table.cast": "cells hold what they are given; the column has to be there",
    "*Table.set_*": "nothing is joined by them; the columns have to be there",
    "Artifact.ttl": "nothing is deleted by itself",
    "Artifact.entity": "always empty: there are no accounts",
    "Run.pin_config_keys": "there is no web page to pin them on",
    "apis.public.Run.entity": "always empty: there are no accounts",
    "apis.public.Run.url": "always None: there is no web page",
    "apis.public.Sweep.entity": "always empty: there are no accounts",
    "apis.public.Sweep.url": "always None: there is no web page",
    "ensure_configured": "there is no settings file",
    "login": "no account is needed; says so and returns True",
    "pin_config_keys": "there is no web page to pin them on",
    "require": "W&B's features to come; says so once",
    "termsetup": "messages go to stderr",
}

_INTERNAL = "W&B's own machinery. Nothing of nbsweep needs it"
_SERVICE = "about W&B's service. nbsweep has none: everything is in the store on this machine"
_MEDIA = "W&B's own machinery of media. Log the object, or show it in a cell"

# Name or pattern → what it was for and what to do instead, as one sentence or two.
_REFUSED = {
    "Api.*automation*": f"Automations are {_SERVICE}",
    "Api.*integrations": f"They are {_SERVICE}",
    "Api.*job*": "Launch jobs are started by W&B. `nbsweep agent SWEEP_ID` runs a program",
    "Api.*registr*": "`run.link_artifact(artifact, 'name')` makes a collection",
    "Api.*run_queue": "Launch queues are W&B's. `nbsweep agent SWEEP_ID` runs a program",
    "Api.*slack*": f"It is {_SERVICE}",
    "Api.*team": f"Teams are {_SERVICE}",
    "Api.*user*": f"Users are {_SERVICE}",
    "Api.create_custom_chart": "Specs of charts are kept by W&B. `nbsweep.plot` draws with plotly",
    "Api.create_project": "A project is a label: `nbsweep.sweep(config, project='name')` makes it",
    "Api.create_run": "`nbsweep.init(project='name')` makes a run",
    "Api.organization": f"Organizations are {_SERVICE}",
    "Api.queued_run": "Launch queues are W&B's. `nbsweep agent SWEEP_ID` runs a program",
    "Api.reports": "Reports are W&B's. A notebook with `Sweep(sweep_id)` in a cell is one",
    "Api.sync_tensorboard": "TensorBoard's files are not read. Log the values with `run.log`",
    "Api.viewer": f"It is {_SERVICE}",
    "Api.artifact_type*": "`Api().artifacts('type', 'name')` lists versions",
    "Artifact.commit_hash": "The digest tells versions apart: `artifact.digest`",
    "Artifact.digest_algorithm": "It is always sha256",
    "Artifact.distributed_id": "An artifact is filled by one run",
    "Artifact.get_added_local_path_name": _INTERNAL,
    "Artifact.history_step": "`artifact.logged_by()` is the run; its history has the times",
    "Artifact.incremental": "Each version holds all its files",
    "Artifact.is_link": "`artifact.qualified_name` tells the collection",
    "Artifact.json_encode": _INTERNAL,
    "Artifact.linked_artifacts": "`Api().artifacts('type', 'name')` lists a collection",
    "Artifact.linked_at": "`artifact.created_at` is the time of the version",
    "Artifact.source_artifact": "Linked versions are versions of their own",
    "Artifact.source_entity": "There are no accounts",
    "Artifact.source_project": "`artifact.project` is that of the version",
    "Artifact.source_version": "`artifact.version` is that of the version",
    "Artifact.unlink": "`artifact.delete()` takes a version out of its collection",
    "Artifact.updated_at": "Versions do not change: `artifact.created_at`",
    "Artifact.url": "There is no web page. `artifact.download()` gives the files",
    "Artifact.use_as": "It is for Launch. `run.use_artifact(name)` notes the use",
    "Audio.durations": _MEDIA,
    "Audio.resolve_ref": _MEDIA,
    "Audio.sample_rates": _MEDIA,
    "Classes.get_type": _MEDIA,
    "Config.merge_locked": _INTERNAL,
    "Config.persist": _INTERNAL,
    "Config.update_locked": _INTERNAL,
    "EvalTable.MAX_ARTIFACT_ROWS": "All rows are kept",
    "Table.MAX_ARTIFACT_ROWS": "All rows are kept",
    "Graph.pprint": _MEDIA,
    "Html.inject_head": _MEDIA,
    "Image.MAX_DIMENSION": _MEDIA,
    "Image.MAX_ITEMS": _MEDIA,
    "Image.all_*": _MEDIA,
    "Image.guess_mode": _MEDIA,
    "Molecule.SUPPORTED_*": _MEDIA,
    "Object3D.SUPPORTED_*": _MEDIA,
    "Plotly.make_plot_media": "`log` takes plotly and matplotlib figures as they are",
    "*Table.has_been_logged": _MEDIA,
    "*Table.index_ref": _MEDIA,
    "Video.EXTS": _MEDIA,
    "Video.encode": _MEDIA,
    **{
        f"*.{name}": _MEDIA
        for name in (
            "bind_to_run captions file_is_set from_json get_media_subdir init_from_json is_bound "
            "path_is_reference seq_to_json to_data_array to_json type_mapping with_suffix"
        ).split()
    },
    "Run.upsert_artifact": "An artifact is filled by one run: `run.log_artifact` its part under a "
    "name of its own",
    "apis.public.File*.convert_objects": _INTERNAL,
    "apis.public.File.delete": "Files stay with their run. Delete them in the run's folder",
    "apis.public.*.cursor": _INTERNAL,
    "apis.public.*.last_response": _INTERNAL,
    "apis.public.*.more": _INTERNAL,
    "apis.public.*.next": _INTERNAL,
    "apis.public.*.update_variables": _INTERNAL,
    "apis.public.*.snake_to_camel": _INTERNAL,
    "apis.public.*.convert_objects": _INTERNAL,
    "apis.public.Runs.upgrade_to_full": _INTERNAL,
    "apis.public.Run.create": "`nbsweep.init(project='name')` makes a run",
    "apis.public.Run.delete": "The store keeps every run: it is what the search learns from",
    "apis.public.Run.download_history_exports": "`run.history(samples=None)` gives all rows",
    "apis.public.Run.load_full_data": _INTERNAL,
    "apis.public.Run.storage_id": "`run.id` names it",
    "apis.public.Run.system_metrics": "Only the memory is sampled: `Sweep(id).runs[0]."
    "peak_memory_bytes`",
    "apis.public.Run.upload_file": "`run.save(path)` inside the run keeps a file with it",
    "apis.public.Run.username": "There are no accounts",
    "apis.public.Run.use_artifact": "Ended runs do not change: `nbsweep.use_artifact` in a run",
    "apis.public.Run.log_artifact": "Ended runs do not change: `nbsweep.log_artifact` in a run",
    "apis.public.Sweep.username": "There are no accounts",
    "apis.public.Sweep.get": "`nbsweep.Api().sweep(sweep_id)` gives it",
    "api": "`nbsweep.Api()` reads results",
    "apis": "`nbsweep.Api()` reads results; `from wandb.apis.public import …` works after "
    "`nbsweep.install_as_wandb()`",
    "integration": "`nbsweep.install_as_wandb()`, then `from wandb.integration.keras import …` "
    "works; nbsweep.integrations has callbacks of its own",
    **dict.fromkeys(
        ("sdk", "wandb_sdk"),
        "Names are at the top: `nbsweep.Artifact`. `from wandb.sdk import …` works after "
        "`nbsweep.install_as_wandb()`",
    ),
    "catboost": "Log in your own callback with `run.log`",
    "docker": "It starts containers for Launch. `nbsweep agent SWEEP_ID` runs a program",
    "gym": "Videos of environments: `run.log({'video': nbsweep.Video(frames)})`",
    "jupyter": "The live view is `nbsweep.show(sweep_id)`",
    "profiler": "Traces of torch's profiler: `run.save('trace.json')` keeps a file",
    "sacred": "Log in an observer of your own with `run.log`",
    "sagemaker_auth": f"It is {_SERVICE}",
    "tensorboard": "TensorBoard's files are not read. Log the values with `run.log`",
    "tensorflow": "Log the values with `run.log`; for Keras there is nbsweep.integrations",
    **dict.fromkeys(
        "agents analytics env helper patched proto trigger wandb wandb_agent "
        "wandb_lib wandb_torch".split(),
        _INTERNAL,
    ),
    "util.*": "W&B's own machinery. nbsweep.util has make_artifact_name_safe, generate_id, "
    "json_friendly and to_forward_slash_path",
}

# Exceptions to the patterns of the tables above.
_WORKS = frozenset(
    (
        "util.generate_id util.json_friendly util.make_artifact_name_safe "
        "util.to_forward_slash_path Api.artifact_versions"
    ).split()
)


def group_of(name: str) -> tuple[str, str]:
    """The group of a name of wandb's, and what there is to say about it."""
    if name in _WORKS:
        return WORKS, ""
    for group, table in ((PARTLY, _PARTLY), (IGNORED, _IGNORED), (REFUSED, _REFUSED)):
        note = _find(table, name)
        if note is not None:
            return group, note
    return WORKS, ""


def missing(name: str, known: tuple[str, ...] = (), owner: str = "nbsweep") -> MissingNameError:
    """The error for a name that is not there: what to use instead.

    Args:
        name: as in the tables.
        known: names that are there, for a guess at what was meant.
        owner: what has no such name.
    """
    short = name.rpartition(".")[2]
    why = _find(_REFUSED, name)
    close = difflib.get_close_matches(short, known, n=1)
    if why is not None:
        text = f"{owner}.{short} is W&B's and not offered here. {why}."
    elif close:
        text = f"{owner} has no {short!r}. Did you mean {close[0]!r}?"
    else:
        text = f"{owner} has no {short!r}. docs/wandb-compatibility.md lists what there is."
    return MissingNameError(text, short)


def missing_member(owner: object, name: str, label: str = "") -> AttributeError:
    """The error for an attribute that an object does not have.

    Args:
        owner: the object.
        name: of the attribute.
        label: what the tables call its class; default: its name.
    """
    kind = type(owner)
    if name.startswith("_"):
        return AttributeError(f"{kind.__name__!r} object has no attribute {name!r}")
    known = tuple(member for member in dir(kind) if not member.startswith("_"))
    return missing(f"{label or kind.__name__}.{name}", known, kind.__name__)


def _find(table: dict[str, str], name: str) -> str | None:
    if name in table:
        return table[name]
    for pattern, text in table.items():
        if "*" in pattern and fnmatch.fnmatchcase(name, pattern):
            return text
    return None
