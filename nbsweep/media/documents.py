"""Whole documents: `Html`, `Plotly`, `Object3D`, `Molecule`, `Graph`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from nbsweep.errors import MissingDependencyError, UsageError
from nbsweep.media.base import Keeper, Media, array, read_source, suffix_of

MESH_FORMATS = ("obj", "gltf", "glb", "babylon", "stl", "pts.json")
MOLECULE_FORMATS = ("pdb", "pqr", "mmcif", "mcif", "cif", "sdf", "sd", "gro", "mol2", "mmtf")
POINT_CLOUDS = ("lidar/beta",)


class Html(Media):
    """A page or a piece of HTML to log; shown in a sandboxed frame.

    Args:
        data: HTML text, path of a file, or an open file.
        inject: W&B's, kept: add a style to the page.
        data_is_not_path: text is HTML even where there is a file of that name.
    """

    type_name: ClassVar[str] = "html-file"

    def __init__(self, data: Any, inject: bool = True, data_is_not_path: bool = False) -> None:
        del inject
        is_text = isinstance(data, str)
        if is_text and (data_is_not_path or not _is_file(data)):
            self.html = data
        else:
            self.html = read_source(data, "Html").decode("utf-8", "replace")

    def keep(self, keeper: Keeper) -> dict[str, Any]:
        """Write the page."""
        return self._reference(keeper.keep("html", ".html", self.html.encode()))


class Plotly(Media):
    """A plotly figure to log; `log` also takes the figure itself."""

    type_name: ClassVar[str] = "plotly-file"

    def __init__(self, val: Any) -> None:
        if not hasattr(val, "to_plotly_json"):
            raise UsageError(
                f"Plotly({type(val).__name__}): a plotly figure is needed. A matplotlib figure "
                "can be logged as it is, or with Image(figure)."
            )
        self.figure = val

    def keep(self, keeper: Keeper) -> dict[str, Any]:
        """Write the figure as plotly's JSON."""
        content: str = self.figure.to_json()
        return self._reference(keeper.keep("plotly", ".plotly.json", content.encode()))


class Object3D(Media):
    """A 3D scene to log: points, or a mesh file.

    Args:
        data_or_path: points of shape (n, 3), (n, 4: with a category) or (n, 6: with a
            colour), a path, an open file (then with `file_type`), or W&B's dict of a
            point cloud.
        caption: shown below it.
        kwargs: `file_type`, and W&B's other arguments, which are ignored.
    """

    type_name: ClassVar[str] = "object3D-file"

    def __init__(self, data_or_path: Any, caption: str | None = None, **kwargs: Any) -> None:
        self.caption = caption
        if isinstance(data_or_path, Mapping):
            cloud_type = data_or_path.get("type", POINT_CLOUDS[0])
            if cloud_type not in POINT_CLOUDS:
                raise UsageError(f"Object3D: type {cloud_type!r}; accepted: {POINT_CLOUDS[0]}.")
            self.format = "pts.json"
            self._data: Any = data_or_path
        elif isinstance(data_or_path, (str, Path)) or hasattr(data_or_path, "read"):
            file_type = kwargs.get("file_type")
            self.format = suffix_of(data_or_path, MESH_FORMATS, "Object3D", file_type)
            self._data = read_source(data_or_path, "Object3D")
        else:
            self.format = "pts.json"
            self._data = self._points(array(data_or_path))

    @classmethod
    def from_file(cls, data_or_path: Any, file_type: str | None = None) -> Object3D:
        """From a path or an open file."""
        return cls(data_or_path, file_type=file_type)

    @classmethod
    def from_numpy(cls, data: Any) -> Object3D:
        """From points, see the class."""
        return cls(data)

    @classmethod
    def from_point_cloud(
        cls,
        points: Any,
        boxes: Sequence[Any],
        vectors: Sequence[Any] | None = None,
        point_cloud_type: str = "lidar/beta",
    ) -> Object3D:
        """From points, boxes and vectors, as W&B's dict names them."""
        cloud = {"type": point_cloud_type, "points": points, "boxes": boxes}
        return cls({**cloud, "vectors": vectors or []})

    def keep(self, keeper: Keeper) -> dict[str, Any]:
        """Write the scene."""
        data = self._data
        if not isinstance(data, bytes):
            data = json.dumps(_listed(data)).encode()
        return self._reference(keeper.keep("object3D", f".{self.format}", data))

    @staticmethod
    def _points(points: Any) -> Any:
        if points.ndim != 2 or points.shape[1] not in (3, 4, 6):
            raise UsageError(
                f"Object3D: an array of shape {points.shape} holds no points. Accepted: (n, 3), "
                "(n, 4) with a category, (n, 6) with a colour."
            )
        return points


class Molecule(Media):
    """A molecule to log: a path, or an open file with `file_type`."""

    type_name: ClassVar[str] = "molecule-file"

    def __init__(self, data_or_path: Any, caption: str | None = None, **kwargs: Any) -> None:
        self.caption = caption
        file_type = kwargs.get("file_type")
        self.format = suffix_of(data_or_path, MOLECULE_FORMATS, "Molecule", file_type)
        self._content = read_source(data_or_path, "Molecule")

    @classmethod
    def from_smiles(cls, data: str, caption: str | None = None, **options: Any) -> Molecule:
        """From a SMILES text; needs RDKit."""
        try:
            from rdkit.Chem import MolFromSmiles
        except ImportError:
            raise MissingDependencyError(
                "Molecule.from_smiles needs an extra package: pip install rdkit"
            ) from None
        return cls.from_rdkit(MolFromSmiles(data), caption, **options)

    @classmethod
    def from_rdkit(cls, data_or_path: Any, caption: str | None = None, **options: Any) -> Molecule:
        """From an RDKit molecule; needs RDKit."""
        del options
        try:
            from rdkit.Chem import MolToPDBBlock
        except ImportError:
            raise MissingDependencyError(
                "Molecule.from_rdkit needs an extra package: pip install rdkit"
            ) from None
        import io

        text = io.StringIO(MolToPDBBlock(data_or_path))
        return cls(text, caption, file_type="pdb")

    def keep(self, keeper: Keeper) -> dict[str, Any]:
        """Write the molecule."""
        return self._reference(keeper.keep("molecule", f".{self.format}", self._content))


class Graph(Media):
    """A graph of layers to log: nodes, and edges between them."""

    type_name: ClassVar[str] = "graph-file"

    def __init__(self, format: str = "keras") -> None:  # noqa: A002 - W&B's name
        self.format = format
        self.nodes: list[dict[str, Any]] = []
        self.edges: list[tuple[Any, Any]] = []

    @classmethod
    def from_keras(cls, model: Any) -> Graph:
        """The layers of a Keras model in their order."""
        graph = cls()
        before = None
        for layer in model.layers:
            graph.add_node(
                id=layer.name, name=layer.name, class_name=type(layer).__name__, size=None
            )
            if before is not None:
                graph.add_edge(before, layer.name)
            before = layer.name
        return graph

    @classmethod
    def from_torch(cls, model: Any) -> Graph:
        """The modules of a torch model, an edge from each to those inside of it."""
        graph = cls(format="torch")
        for name, module in model.named_modules():
            own = sum(weights.numel() for weights in module.parameters(recurse=False))
            kind = type(module).__name__
            graph.add_node(id=name, name=name or kind, class_name=kind, num_parameters=own)
            if name:
                graph.add_edge(name.rpartition(".")[0], name)
        return graph

    def add_node(self, node: Mapping[str, Any] | None = None, **attributes: Any) -> None:
        """Add a node by its attributes."""
        self.nodes.append({**(node or {}), **attributes})

    def add_edge(self, from_node: Any, to_node: Any) -> None:
        """Add an edge between two nodes' ids."""
        self.edges.append((from_node, to_node))

    def keep(self, keeper: Keeper) -> dict[str, Any]:
        """Write nodes and edges."""
        graph = {"format": self.format, "nodes": self.nodes, "edges": self.edges}
        content = json.dumps(keeper.plain(graph)).encode()
        return self._reference(keeper.keep("graph", ".graph.json", content))


def box3d(
    *,
    center: Sequence[float],
    size: Sequence[float],
    orientation: Sequence[float],
    color: Sequence[int],
    label: str | None = None,
    score: float | None = None,
) -> dict[str, Any]:
    """A box for the point clouds of Object3D."""
    box = {"center": center, "size": size, "orientation": orientation, "color": color}
    extra = {"label": label, "score": score}
    return {**box, **{key: value for key, value in extra.items() if value is not None}}


def _is_file(text: str) -> bool:
    try:
        return "\n" not in text and Path(text).is_file()
    except OSError:  # longer than a path can be
        return False


def _listed(value: Any) -> Any:
    """Arrays and tuples anywhere in a value as lists, whole: no histogram of 32 numbers."""
    if isinstance(value, Mapping):
        return {str(key): _listed(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_listed(item) for item in value]
    if hasattr(value, "tolist") or hasattr(value, "detach"):
        return array(value).tolist()
    return value
