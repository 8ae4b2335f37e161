"""Artifacts: versions, aliases, what is kept where, and what is refused."""

import threading
from pathlib import Path

import pytest

import nbsweep
from nbsweep.errors import CommError, MissingNameError, NotFoundError, UsageError
from nbsweep.runs import session


@pytest.fixture(autouse=True)
def close():
    yield
    for run in session.live_runs():
        run.finish()


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.pt"
    path.write_text("weights")
    return path


def artifact_of(path, name="model", **arguments):
    artifact = nbsweep.Artifact(name, type="model", **arguments)
    artifact.add_file(path)
    return artifact


def test_a_logged_artifact_is_a_version_that_another_run_uses(model):
    with nbsweep.init(project="p") as run:
        made = artifact_of(model, metadata={"acc": 0.9}, description="d")
        assert made.state == "PENDING"
        logged = nbsweep.log_artifact(made, aliases=["best"])
        assert logged.wait() is made
        assert (made.name, made.version, made.aliases) == ("model:v0", "v0", ["best", "latest"])
        kept = Path(run.dir) / "artifacts" / "content"
        assert [path.read_text() for path in kept.rglob("*") if path.is_file()] == ["weights"]
    with nbsweep.init(project="p") as other:
        used = nbsweep.use_artifact("model:latest", type="model")
        assert used.metadata == {"acc": 0.9}
        assert used.logged_by().id == run.id
        folder = used.download()
        assert folder == "artifacts/model:v0"
        assert (Path(folder) / "model.pt").read_text() == "weights"
        used.verify()
        assert used.get_entry("model.pt").download("elsewhere") == "elsewhere/model.pt"
        assert used.file("one") == "one/model.pt"
        assert [one.name for one in run.logged_artifacts()] == ["model:v0"]
        assert [one.name for one in other.used_artifacts()] == ["model:v0"]
        assert [one.id for one in used.used_by()] == [other.id]


def test_same_content_makes_no_new_version_and_aliases_move(model):
    with nbsweep.init() as run:
        run.log_artifact(artifact_of(model), aliases=["best"])
        again = run.log_artifact(artifact_of(model))
        assert again.version == "v0"
        model.write_text("other")
        newer = run.log_artifact(artifact_of(model), aliases=["best"])
        assert (newer.version, newer.aliases) == ("v1", ["best", "latest"])
        assert run.use_artifact("model:v0").aliases == []
        assert run.use_artifact("model:best").version == "v1"


def test_added_files_are_copied_at_once(model):
    with nbsweep.init() as run:
        artifact = artifact_of(model)
        model.write_text("changed later")
        run.log_artifact(artifact)
        assert Path(run.use_artifact("model:v0").file()).read_text() == "weights"


def test_folders_new_files_tables_and_references(tmp_path):
    data = tmp_path / "data" / "deep"
    data.mkdir(parents=True)
    (data / "a.txt").write_text("a")
    with nbsweep.init() as run:
        artifact = nbsweep.Artifact("set", "dataset")
        artifact.add_dir(tmp_path / "data", name="raw")
        with artifact.new_file("notes/readme.txt") as file:
            file.write("hello")
        artifact.add(nbsweep.Table(columns=["x"], data=[[1], [2]]), "table")
        artifact.add_reference("s3://bucket/key.bin", name="big")
        run.log_artifact(artifact)
        used = run.use_artifact("set:latest")
        assert sorted(used.manifest.entries) == [
            "big",
            "notes/readme.txt",
            "raw/deep/a.txt",
            "table.table.json",
        ]
        assert used.get("table").data == [[1], [2]]
        assert used.get_entry("big").ref_target() == "s3://bucket/key.bin"
        assert used.file_count == 4
        assert sorted(p.name for p in Path(used.download(path_prefix="raw")).rglob("*.*")) == [
            "a.txt"
        ]


def test_models_and_links(model):
    with nbsweep.init(project="p") as run:
        run.log_model(model, name="net")
        assert Path(run.use_model("net:latest")).read_text() == "weights"
        linked = run.link_artifact(
            run.use_artifact("net:v0"), "registry/best-nets", aliases=["prod"]
        )
        assert linked.qualified_name == "registry/best-nets:v0"
        assert run.use_artifact("registry/best-nets:prod").digest == linked.digest
        with pytest.raises(UsageError, match="has type 'model', not 'dataset'"):
            run.use_artifact("net:v0", type="dataset")


def test_a_path_becomes_an_artifact_named_after_run_and_file(model):
    with nbsweep.init() as run:
        artifact = run.log_artifact(str(model))
        assert artifact.name == f"run-{run.id}-model.pt:v0"
        assert artifact.type == "unspecified"


@pytest.mark.parametrize("name", ["../out.txt", "/etc/passwd", "a/../../b", "..\\b"])
def test_a_name_that_leaves_the_artifact_is_refused(model, name):
    artifact = nbsweep.Artifact("m", "model")
    with pytest.raises(UsageError) as caught:
        artifact.add_file(model, name=name)
    assert str(caught.value) == (
        f"Artifact m: the name {name!r} leaves its folder. Give a relative name without '..'."
    )
    with pytest.raises(UsageError, match="leaves its folder"), artifact.new_file(name) as file:
        file.write("x")


def test_a_manifest_that_was_tampered_with_does_not_write_outside(model, tmp_path):
    with nbsweep.init(project="p") as run:
        run.log_artifact(artifact_of(model))
        (manifest,) = Path(run.dir).parents[1].glob("artifacts/p/model/v0/manifest.json")
        manifest.write_text(manifest.read_text().replace('"model.pt"', '"../../evil"'))
        with pytest.raises(UsageError, match="the path leaves its folder"):
            run.use_artifact("model:v0").download()
        assert not list(tmp_path.rglob("evil"))


def test_unknown_artifacts_list_those_there_are(model):
    with nbsweep.init(project="p") as run:
        run.log_artifact(artifact_of(model))
        with pytest.raises(NotFoundError) as caught:
            run.use_artifact("model:v7")
        assert str(caught.value) == (
            "use_artifact: project 'p' has no artifact 'model:v7'. There is: v0 (latest)."
        )
        with pytest.raises(CommError, match="Artifacts there: model"):
            run.use_artifact("modle:latest")
        with pytest.raises(UsageError, match="an artifact is named 'name:version'"):
            run.use_artifact("a/b/c/d:v0")


def test_names_types_and_second_contents_are_checked(model, tmp_path):
    with pytest.raises(UsageError) as caught:
        nbsweep.Artifact("my model", "model")
    assert str(caught.value) == (
        "Artifact name 'my model': only letters, digits, '-', '_' and '.' make a name. "
        "nbsweep.util.make_artifact_name_safe(name) replaces the others."
    )
    artifact = artifact_of(model)
    model.write_text("two")
    with pytest.raises(UsageError, match="has another file 'model"):
        artifact.add_file(model)
    with pytest.raises(UsageError, match="there is no such file"):
        artifact.add_file(tmp_path / "none")
    with nbsweep.init() as run:
        run.log_artifact(artifact)
        with pytest.raises(UsageError, match="is final"):
            artifact.add_file(model, name="b")
        with pytest.raises(UsageError, match="has type 'model' in project"):
            run.log_artifact(nbsweep.Artifact("model", "dataset"))
        draft = artifact.new_draft()
        draft.add_file(model, name="b")
        assert run.log_artifact(draft).version == "v1"


def test_versions_of_threads_that_log_at_once_differ(tmp_path):
    with nbsweep.init() as run:

        def log(number):
            artifact = nbsweep.Artifact("m", "t")
            with artifact.new_file("n.txt") as file:
                file.write(str(number))
            run.log_artifact(artifact)

        threads = [threading.Thread(target=log, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        contents = {Path(run.use_artifact(f"m:v{n}").file(f"d{n}")).read_text() for n in range(8)}
        assert contents == {str(n) for n in range(8)}


def test_aliases_can_be_changed_and_versions_deleted(model):
    with nbsweep.init() as run:
        artifact = run.log_artifact(artifact_of(model), aliases=["best"])
        artifact.aliases.append("prod")
        artifact.aliases.remove("best")
        artifact.save()
        assert run.use_artifact("model:prod").aliases == ["latest", "prod"]
        with pytest.raises(UsageError, match="has aliases"):
            artifact.delete()
        artifact.delete(delete_aliases=True)
        with pytest.raises(NotFoundError):
            run.use_artifact("model:v0")


def test_members_of_wandbs_that_are_missing_say_what_to_use():
    with pytest.raises(MissingNameError) as caught:
        nbsweep.Artifact("a", "b").unlink()
    assert str(caught.value) == (
        "Artifact.unlink is W&B's and not offered here. `artifact.delete()` takes a version out of "
        "its collection."
    )
    assert not hasattr(nbsweep.Artifact("a", "b"), "whatever")


def test_a_disabled_run_leaves_nothing_behind(model, tmp_path):
    run = nbsweep.init(mode="disabled")
    run.log_artifact(artifact_of(model))
    run.finish()
    assert not list(tmp_path.rglob("manifest.json"))
