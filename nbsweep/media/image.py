"""Pictures: `Image`, and the classes that name what boxes and masks show."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from nbsweep.errors import UsageError
from nbsweep.media.base import (
    Keeper,
    Media,
    array,
    pillow,
    read_source,
    suffix_of,
    to_bytes,
)

FORMATS = ("png", "jpg", "jpeg", "gif", "bmp", "webp", "svg")
MAX_PICTURES = 108  # of one list, as in W&B
GRID_COLUMNS = 8


class Classes(Media):
    """Names of the classes that boxes and masks speak of, ``[{"id": 0, "name": "cat"}]``."""

    type_name: ClassVar[str] = "classes"

    def __init__(self, class_set: Sequence[Mapping[str, Any]]) -> None:
        for entry in class_set:
            if "id" not in entry or "name" not in entry:
                raise UsageError(f"Classes: each entry needs an id and a name; found {entry!r}.")
        self.class_set = [dict(entry) for entry in class_set]

    def keep(self, keeper: Keeper) -> dict[str, Any]:
        """The reference, which holds all of it."""
        del keeper
        return {"_type": self.type_name, "class_set": self.class_set}


class Image(Media):
    """A picture to log.

    Args:
        data_or_path: path of a picture file, numpy array (height, width) or (height,
            width, 1|3|4), torch tensor (channels, height, width) or a batch of them, PIL
            image, matplotlib figure, or another Image. Numbers up to 1 are brightness from
            0 to 1, larger ones from 0 to 255; what goes below 0 is stretched to fit.
        mode: Pillow's mode, such as "L" or "RGB".
        caption: shown below it.
        grouping: W&B's, kept.
        classes: names of the classes in `boxes` and `masks`.
        boxes: W&B's box annotations, kept as a JSON file.
        masks: name to ``{"mask_data": array, "class_labels": {…}}``, kept as pictures.
        file_type: "png" (default), "jpg", …

    Raises:
        UsageError: the file cannot be read or is not a picture.
        MissingDependencyError: Pillow is needed for arrays and not installed.
    """

    type_name: ClassVar[str] = "image-file"

    def __init__(
        self,
        data_or_path: Any,
        mode: str | None = None,
        caption: str | None = None,
        grouping: int | None = None,
        classes: Classes | Sequence[Mapping[str, Any]] | None = None,
        boxes: Mapping[str, Any] | None = None,
        masks: Mapping[str, Any] | None = None,
        file_type: str | None = None,
    ) -> None:
        self.caption = caption if caption is None else str(caption)
        self.grouping = grouping
        self._boxes = dict(boxes or {})
        self._masks = dict(masks or {})
        if classes is not None and not isinstance(classes, Classes):
            classes = Classes(classes)
        self._classes = classes
        self.width: int | None = None
        self.height: int | None = None
        self.format: str
        self._content: bytes
        if isinstance(data_or_path, Image):
            self.format = data_or_path.format
            self._content = data_or_path._content
            self.width, self.height = data_or_path.width, data_or_path.height
        elif isinstance(data_or_path, (str, Path)):
            self.format = suffix_of(data_or_path, FORMATS, "Image", file_type)
            self._content = read_source(data_or_path, "Image")
            self._measure()
        else:
            self.format = suffix_of("", FORMATS, "Image", file_type or "png")
            self._encode(data_or_path, mode)

    @property
    def image(self) -> Any:
        """It as a PIL image."""
        import io

        return pillow("Image").open(io.BytesIO(self._content))

    def keep(self, keeper: Keeper) -> dict[str, Any]:
        """Write the picture, its masks and its boxes."""
        kept = keeper.keep("images", f".{self.format}", self._content)
        masks = {name: self._keep_mask(keeper, name) for name in self._masks}
        boxes = None
        if self._boxes:
            content = json.dumps(keeper.plain(self._boxes)).encode()
            boxes = keeper.keep("metadata", ".boxes2D.json", content)
        return self._reference(
            kept,
            format=self.format,
            width=self.width,
            height=self.height,
            grouping=self.grouping,
            classes=self._classes.class_set if self._classes else None,
            boxes=boxes,
            masks=masks or None,
        )

    def _keep_mask(self, keeper: Keeper, name: str) -> dict[str, Any]:
        mask = self._masks[name]
        if "mask_data" in mask:
            data = array(mask["mask_data"]).astype("uint8")
            content = to_bytes(lambda f: pillow("Image").fromarray(data).save(f, format="png"))
        else:
            content = read_source(mask.get("path", ""), "Image mask")
        labels = mask.get("class_labels") or {}
        kept = keeper.keep("images/mask", ".mask.png", content)
        return {**kept, "class_labels": {str(key): str(value) for key, value in labels.items()}}

    def _measure(self) -> None:
        if self.format == "svg":
            return
        try:
            self.width, self.height = self.image.size
        except ImportError:  # without Pillow files are kept as they are
            return
        except OSError as error:
            raise UsageError(
                f"Image: the file is not a {self.format} picture ({error})."
            ) from error

    def _encode(self, data: Any, mode: str | None) -> None:
        if hasattr(data, "savefig"):  # matplotlib
            kind = "png" if self.format in ("gif", "bmp", "webp") else self.format
            self.format = kind
            self._content = to_bytes(lambda f: data.savefig(f, format=kind))
            self._measure()
            return
        if not (hasattr(data, "save") and hasattr(data, "convert")):  # else PIL's already
            data = pillow("Image").fromarray(pixels(data))
        if mode is not None:
            data = data.convert(mode)
        if self.format in ("jpg", "jpeg") and data.mode not in ("L", "RGB"):
            data = data.convert("RGB")
        name = "jpeg" if self.format == "jpg" else self.format
        self.width, self.height = data.size
        self._content = to_bytes(lambda f: data.save(f, format=name))


class PictureGroup(Media):
    """A list of images under one key, as one reference."""

    type_name: ClassVar[str] = "images/separated"

    def __init__(self, images: Sequence[Image]) -> None:
        self._images = images[:MAX_PICTURES]
        self._left_out = len(images) - len(self._images)

    def keep(self, keeper: Keeper) -> dict[str, Any]:
        """Write all of them."""
        kept = [image.keep(keeper) for image in self._images]
        captions = [reference.get("caption") for reference in kept]
        left_out = {"left_out": self._left_out} if self._left_out else {}
        return {
            "_type": self.type_name,
            "count": len(kept),
            "width": kept[0].get("width"),
            "height": kept[0].get("height"),
            "format": kept[0]["format"],
            "filenames": [reference["path"] for reference in kept],
            "captions": captions if any(captions) else False,
            "images": kept,
            **left_out,
        }


def pixels(data: Any) -> Any:
    """An array or tensor as bytes of shape (height, width) or (height, width, 3|4)."""
    import numpy as np

    is_tensor = hasattr(data, "detach")
    picture = array(data)
    if is_tensor and picture.ndim == 4:
        picture = _grid([np.moveaxis(part, 0, -1) for part in picture])
    elif is_tensor and picture.ndim == 3:
        picture = np.moveaxis(picture, 0, -1)
    if picture.ndim == 3 and picture.shape[2] == 1:
        picture = picture[:, :, 0]
    if picture.ndim not in (2, 3) or (picture.ndim == 3 and picture.shape[2] not in (3, 4)):
        raise UsageError(
            f"Image: an array of shape {picture.shape} is not a picture. Accepted: (height, "
            "width), (height, width, 1, 3 or 4), and for tensors (channels, height, width)."
        )
    if picture.dtype == np.uint8:
        return picture
    picture = np.nan_to_num(picture.astype(float))
    if picture.size and picture.min() < 0:
        picture = (picture - picture.min()) / max(float(np.ptp(picture)), 1e-12)
    if picture.size and picture.max() <= 1:
        picture = picture * 255
    return picture.clip(0, 255).astype(np.uint8)


def _grid(pictures: Sequence[Any]) -> Any:
    """A batch side by side, at most GRID_COLUMNS in a row."""
    import numpy as np

    blank = np.zeros_like(pictures[0])
    columns = min(GRID_COLUMNS, len(pictures))
    rows = [list(pictures[at : at + columns]) for at in range(0, len(pictures), columns)]
    rows[-1] += [blank] * (columns - len(rows[-1]))
    return np.concatenate([np.concatenate(row, axis=1) for row in rows], axis=0)
