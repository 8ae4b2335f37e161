"""Media in `log`: the file that is kept, the reference in history and summary, how it shows."""

import base64
import dataclasses
import io
import json
import wave
from pathlib import Path

import numpy as np
import pytest

import nbsweep
from nbsweep.errors import MissingNameError, UsageError
from nbsweep.media.folder import InMemory
from nbsweep.media.image import pixels
from nbsweep.runs import session


def logged(run, value, key="x"):
    """The reference of a value after logging it, and the content of its file."""
    run.log({key: value})
    reference = run.summary[key]
    path = reference.get("path")
    return reference, (Path(run.dir) / path).read_bytes() if path else None


def picture(content):
    from PIL import Image

    return Image.open(io.BytesIO(content))


def test_an_image_is_a_png_of_the_run_and_a_small_reference(run):
    reference, content = logged(run, nbsweep.Image(np.eye(4), caption="eye"), key="val/img")
    assert reference["_type"] == "image-file"
    assert (reference["width"], reference["height"]) == (4, 4)
    assert reference["caption"] == "eye"
    assert reference["path"].startswith("media/images/val_img_0_")
    assert np.array_equal(np.array(picture(content)), np.eye(4) * 255)
    assert len(json.dumps(reference)) < 400
    run.finish()
    rows = session.store().history(run.id)
    assert rows[0].values["val/img"] == reference


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (np.array([[0.0, 1.0]]), [[0, 255]]),
        (np.array([[0, 128, 255]]), [[0, 128, 255]]),
        (np.array([[-1.0, 0.0, 1.0]]), [[0, 127, 255]]),
        (np.array([[0, 7]], dtype=np.uint8), [[0, 7]]),
        (np.array([[np.nan, 1.0]]), [[0, 255]]),
        (np.ones((1, 1, 1)), [[255]]),
    ],
)
def test_numbers_become_brightness_as_in_wandb(given, expected):
    assert pixels(given).tolist() == expected


def test_tensors_have_their_channels_first_and_batches_become_a_grid():
    torch = pytest.importorskip("torch")
    assert pixels(torch.rand(3, 4, 5)).shape == (4, 5, 3)
    assert pixels(torch.rand(10, 3, 4, 5)).shape == (2 * 4, 8 * 5, 3)
    assert nbsweep.Image(torch.rand(1, 6, 7, requires_grad=True)).width == 7


def test_an_array_that_is_no_picture_is_refused():
    with pytest.raises(UsageError) as caught:
        nbsweep.Image(np.zeros((2, 3, 7)))
    assert str(caught.value) == (
        "Image: an array of shape (2, 3, 7) is not a picture. Accepted: (height, width), "
        "(height, width, 1, 3 or 4), and for tensors (channels, height, width)."
    )


def test_a_missing_or_foreign_file_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"Image\('no.png'\): the file cannot be read"):
        nbsweep.Image("no.png")
    (tmp_path / "a.xyz").write_text("x")
    with pytest.raises(UsageError) as caught:
        nbsweep.Image("a.xyz")
    assert str(caught.value) == (
        "Image: file type 'xyz' is not understood. Accepted: png, jpg, jpeg, gif, bmp, webp, svg."
    )
    (tmp_path / "broken.png").write_text("not a picture")
    with pytest.raises(UsageError, match="the file is not a png picture"):
        nbsweep.Image("broken.png")


def test_boxes_and_masks_are_kept(run):
    mask = {"truth": {"mask_data": np.eye(4, dtype=int), "class_labels": {1: "cat"}}}
    boxes = {"b": {"box_data": [{"position": {"minX": 0}, "class_id": 1}]}}
    classes = [{"id": 1, "name": "cat"}]
    image = nbsweep.Image(np.eye(4), masks=mask, boxes=boxes, classes=classes)
    reference, _ = logged(run, image)
    assert reference["masks"]["truth"]["class_labels"] == {"1": "cat"}
    assert (
        np.array(picture((Path(run.dir) / reference["masks"]["truth"]["path"]).read_bytes())).sum()
        == 4
    )
    assert json.loads((Path(run.dir) / reference["boxes"]["path"]).read_bytes()) == boxes
    assert reference["classes"] == classes


def test_a_list_of_images_is_one_value(run):
    images = [nbsweep.Image(np.eye(2) * n / 3, caption=f"n{n}") for n in range(1, 4)]
    reference, _ = logged(run, images)
    assert reference["_type"] == "images/separated"
    assert reference["count"] == 3
    assert reference["captions"] == ["n1", "n2", "n3"]
    assert all((Path(run.dir) / name).is_file() for name in reference["filenames"])


def test_figures_frames_and_pil_images_are_media_as_they_are(run):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import pandas as pd
    import plotly.graph_objects as go
    from PIL import Image

    figure, axes = plt.subplots(figsize=(2, 1))
    axes.plot([1, 2])
    assert logged(run, figure)[0]["_type"] == "image-file"
    assert logged(run, plt)[0]["_type"] == "image-file"
    assert logged(run, axes)[0]["width"] == 200
    plt.close(figure)
    assert logged(run, go.Figure())[0]["_type"] == "plotly-file"
    assert logged(run, pd.DataFrame({"a": [1, 2]}))[0]["nrows"] == 2
    assert logged(run, Image.new("L", (3, 2)))[0]["width"] == 3


def test_audio_of_samples_is_a_wav(run):
    samples = np.sin(np.arange(800) / 10)
    reference, content = logged(run, nbsweep.Audio(samples, sample_rate=8000, caption="tone"))
    with wave.open(io.BytesIO(content)) as sound:
        assert (sound.getframerate(), sound.getnframes(), sound.getnchannels()) == (8000, 800, 1)
        kept = np.frombuffer(sound.readframes(800), dtype="<i2") / 32767
    assert np.abs(kept - samples).max() < 1e-4
    assert (reference["duration"], reference["sample_rate"]) == (0.1, 8000)
    with pytest.raises(UsageError, match="needs their rate"):
        nbsweep.Audio(samples)


def test_video_of_frames_is_a_gif_that_moves(run):
    frames = np.zeros((5, 3, 8, 6), dtype=np.uint8)
    frames[:, 0] = np.arange(5)[:, None, None] * 50
    reference, content = logged(run, nbsweep.Video(frames, fps=10))
    assert picture(content).n_frames == 5
    assert (reference["width"], reference["height"]) == (6, 8)
    with pytest.raises(UsageError, match="arrays become a gif, not 'mp4'"):
        nbsweep.Video(frames, format="mp4")


def test_html_takes_text_files_and_open_files(run, tmp_path):
    (tmp_path / "page.html").write_text("<i>file</i>")
    assert logged(run, nbsweep.Html("<b>text</b>"))[1] == b"<b>text</b>"
    assert logged(run, nbsweep.Html("page.html"))[1] == b"<i>file</i>"
    assert logged(run, nbsweep.Html(io.StringIO("open")))[1] == b"open"
    assert logged(run, nbsweep.Html("page.html", data_is_not_path=True))[1] == b"page.html"


def test_point_clouds_and_molecules(run, tmp_path):
    points = np.arange(12.0).reshape(4, 3)
    assert json.loads(logged(run, nbsweep.Object3D(points))[1]) == points.tolist()
    cloud = nbsweep.Object3D.from_point_cloud(
        points.tolist(),
        [
            nbsweep.box3d(
                center=[0, 0, 0],
                size=[1, 1, 1],
                orientation=[1, 0, 0, 0],
                color=[1, 2, 3],
                label="car",
            )
        ],
    )
    assert json.loads(logged(run, cloud)[1])["boxes"][0]["label"] == "car"
    with pytest.raises(UsageError, match=r"an array of shape \(2, 2\) holds no points"):
        nbsweep.Object3D(np.zeros((2, 2)))
    (tmp_path / "m.pdb").write_text("ATOM")
    assert logged(run, nbsweep.Molecule("m.pdb", caption="m"))[1] == b"ATOM"


def test_histogram_is_kept_in_the_row(run):
    reference, _ = logged(run, nbsweep.Histogram([1, 2, 2, np.nan, np.inf], num_bins=2))
    assert reference == {"_type": "histogram", "values": [1, 2], "bins": [1.0, 1.5, 2.0]}
    counts = np.histogram([1, 2, 3], bins=3)
    assert nbsweep.Histogram(np_histogram=counts).histogram == [1, 1, 1]
    with pytest.raises(UsageError, match="600 bins; at most 512"):
        nbsweep.Histogram([1, 2], num_bins=600)


def test_table_keeps_its_rows_and_the_pictures_in_them(run):
    table = nbsweep.Table(columns=["n", "img"])
    table.add_data(1, nbsweep.Image(np.eye(2)))
    table.add_data(np.int64(2), None)
    table.add_column("score", np.array([0.5, 0.25]))
    table.add_computed_columns(lambda index, row: {"twice": row["score"] * 2})
    reference, content = logged(run, table)
    kept = json.loads(content)
    assert (reference["nrows"], reference["ncols"]) == (2, 4)
    assert kept["columns"] == ["n", "img", "score", "twice"]
    assert kept["data"][1] == [2, None, 0.25, 0.5]
    assert (Path(run.dir) / kept["data"][0][1]["path"]).is_file()


def test_table_reads_as_in_wandb():
    table = nbsweep.Table(data=[[1, 2, 3]])
    assert table.columns == ["Input", "Output", "Expected"]
    table = nbsweep.Table(columns=["a", "b"], data=[[1, "x"], [2, "y"]])
    assert table.get_column("a") == [1, 2]
    assert table.get_column("a", convert_to="numpy").sum() == 3
    assert list(table.iterrows())[1] == (1, [2, "y"])
    assert table.get_dataframe()["b"].tolist() == ["x", "y"]
    assert table.get_index() == [0, 1]
    assert table == nbsweep.Table(columns=["a", "b"], data=[[1, "x"], [2, "y"]])
    with pytest.raises(UsageError) as caught:
        table.add_data(1)
    assert str(caught.value) == (
        "Table: a row of 1 values for 2 columns (a, b). Give one value a column."
    )


def test_joined_table_holds_the_rows_that_agree(run):
    left = nbsweep.Table(columns=["id", "a"], data=[[1, "x"], [2, "y"]])
    right = nbsweep.Table(columns=["id", "b"], data=[[2, "z"], [3, "w"]])
    _, content = logged(run, nbsweep.JoinedTable(left, right, "id"))
    assert json.loads(content) == {
        "columns": ["0.id", "0.a", "1.id", "1.b"],
        "data": [[2, "y", 2, "z"]],
    }


def test_a_later_reference_replaces_an_earlier_one_whole(run):
    run.log({"x": nbsweep.Image(np.eye(2), caption="first")})
    run.log({"x": nbsweep.Image(np.eye(3)), "val": {"acc": 1}})
    assert "caption" not in run.summary["x"]
    assert run.summary["x"]["width"] == 3


def test_the_page_of_a_run_shows_media_and_runs_nothing(run):
    run.log(
        {
            "loss": 0.25,
            "img": nbsweep.Image(np.eye(4), caption="<script>alert(1)</script>"),
            "t": nbsweep.Table(columns=["a"], data=[["<script>"]]),
            "h": nbsweep.Histogram([1, 2, 3]),
            "page": nbsweep.Html("<script>alert(2)</script>"),
        }
    )
    page = run.to_html()
    assert "<script" not in page
    assert "iframe sandbox srcdoc=" in page
    assert "<td>loss</td><td>0.25</td>" in page
    data = page.split('src="data:image/png;base64,')[1].split('"')[0]
    assert picture(base64.b64decode(data)).size == (4, 4)
    assert "3 values from 1 to 3" in page


def test_media_show_themselves_in_a_cell_without_a_run():
    assert nbsweep.Image(np.eye(2))._repr_html_().startswith('<img src="data:image/png;base64,')
    assert "<th>a</th>" in nbsweep.Table(columns=["a"], data=[[1]])._repr_html_()


def test_wandbs_inner_methods_are_refused_with_a_word():
    with pytest.raises(MissingNameError) as caught:
        nbsweep.Table(columns=["a"]).bind_to_run(None)
    assert str(caught.value) == (
        "Table.bind_to_run is W&B's and not offered here. W&B's own machinery of media. Log the "
        "object, or show it in a cell."
    )


def test_charts_keep_table_and_figure(run):
    table = nbsweep.Table(columns=["x", "y", "k"], data=[[2, 1, "a"], [1, 3, "b"]])
    for chart in (
        nbsweep.plot.line(table, "x", "y", title="t"),
        nbsweep.plot.line(table, "x", "y", stroke="k"),
        nbsweep.plot.scatter(table, "x", "y"),
        nbsweep.plot.bar(table, "k", "y"),
        nbsweep.plot.histogram(table, "x"),
        nbsweep.plot.line_series(xs=[0, 1], ys=[[1, 2], [3, 4]], keys=["a", "b"], xname="epoch"),
    ):
        reference, content = logged(run, chart)
        assert reference["_type"] == "custom-chart"
        assert json.loads(content)["data"]
        assert (Path(run.dir) / reference["table"]["path"]).is_file()


def test_confusion_matrix_counts_as_wandbs():
    chart = nbsweep.plot.confusion_matrix(
        y_true=[0, 1, 1, 2], preds=[0, 1, 2, 2], class_names=["a", "b", "c"]
    )
    counts = {(a, p): n for a, p, n in chart.table.data}
    assert counts["b", "c"] == counts["a", "a"] == counts["b", "b"] == counts["c", "c"] == 1
    assert sum(counts.values()) == 4
    from_probabilities = nbsweep.plot.confusion_matrix(
        probs=[[0.9, 0.1], [0.2, 0.8]], y_true=[0, 0]
    )
    assert from_probabilities.table.data[0] == ["Class_1", "Class_1", 1]
    with pytest.raises(UsageError, match="either probs or preds"):
        nbsweep.plot.confusion_matrix(y_true=[0])
    with pytest.raises(UsageError, match="class 5 has no name: there are 2 class_names"):
        nbsweep.plot.confusion_matrix(y_true=[0], preds=[5], class_names=["a", "b"])


def test_roc_and_pr_curves_are_scikit_learns():
    y, p = [0, 1, 1, 0], np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.6, 0.4]])
    roc = nbsweep.plot.roc_curve(y, p, labels=["no", "yes"])
    assert ["yes", 0.0, 1.0] in roc.table.data
    pr = nbsweep.plot.pr_curve(y, p, labels=["no", "yes"], interp_size=3)
    assert [row for row in pr.table.data if row[0] == "yes"] == [
        ["yes", 1.0, 1.0],
        ["yes", 1.0, 0.5],
        ["yes", 1.0, 0.0],
    ]
    one = nbsweep.plot.roc_curve(y, p, classes_to_plot=[1])
    assert {row[0] for row in one.table.data} == {"1"}


def test_plain_numbers_cost_no_file(run, tmp_path):
    run.log({"loss": 1.0, "acc": np.float32(0.5)})
    assert not (Path(run.sync_dir) / "media").exists()
    assert InMemory().plain(np.float64(2.0)) == 2.0


def test_media_inside_of_a_dataclass_are_kept(run):
    @dataclasses.dataclass
    class Sample:
        label: int
        image: nbsweep.Image

    run.log({"sample": Sample(3, nbsweep.Image(np.eye(2)))})
    assert run.summary["sample"]["label"] == 3
    assert run.summary["sample"]["image"]["_type"] == "image-file"
