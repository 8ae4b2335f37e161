"""Sounds and moving pictures: `Audio` and `Video`."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any, ClassVar

from nbsweep.errors import UsageError
from nbsweep.media.base import Keeper, Media, array, pillow, read_source, suffix_of, to_bytes

SOUND_FORMATS = ("wav", "mp3", "ogg", "flac", "m4a", "aac", "opus")
VIDEO_FORMATS = ("gif", "mp4", "webm", "ogg")
PEAK = 32767  # of 16-bit samples
DEFAULT_FPS = 4


class Audio(Media):
    """A sound to log.

    Args:
        data_or_path: path of a sound file, or samples of shape (n,) or (n, channels):
            floats from -1 to 1, or 16-bit integers.
        sample_rate: samples a second; needed for samples.
        caption: shown below it.

    Raises:
        UsageError: the file cannot be read, or samples come without a rate.
    """

    type_name: ClassVar[str] = "audio-file"

    def __init__(
        self, data_or_path: Any, sample_rate: int | None = None, caption: str | None = None
    ) -> None:
        self.caption = caption
        self.sample_rate = sample_rate
        self.duration: float | None = None
        if isinstance(data_or_path, (str, Path)):
            self.format = suffix_of(data_or_path, SOUND_FORMATS, "Audio")
            self._content = read_source(data_or_path, "Audio")
            return
        if sample_rate is None:
            raise UsageError(
                "Audio of samples needs their rate: Audio(samples, sample_rate=16000)."
            )
        self.format = "wav"
        self._encode(array(data_or_path), int(sample_rate))

    def keep(self, keeper: Keeper) -> dict[str, Any]:
        """Write the sound."""
        kept = keeper.keep("audio", f".{self.format}", self._content)
        return self._reference(kept, sample_rate=self.sample_rate, duration=self.duration)

    def _encode(self, samples: Any, rate: int) -> None:
        import numpy as np

        if samples.ndim not in (1, 2) or not samples.size:
            raise UsageError(f"Audio: samples of shape {samples.shape}; (n,) or (n, channels) fit.")
        if samples.dtype.kind == "f":
            samples = np.nan_to_num(samples).clip(-1, 1) * PEAK
        frames = samples.astype("<i2")
        self.duration = len(frames) / rate

        def save(file: Any) -> None:
            with wave.open(file, "wb") as sound:
                sound.setnchannels(1 if frames.ndim == 1 else frames.shape[1])
                sound.setsampwidth(2)
                sound.setframerate(rate)
                sound.writeframes(frames.tobytes())

        self._content = to_bytes(save)


class Video(Media):
    """A moving picture to log.

    Args:
        data_or_path: path of a video file, an open file, or frames of shape (time,
            channels, height, width), or a batch of these.
        caption: shown below it.
        fps: frames a second of an array; default 4.
        format: "gif" (default for arrays), or the type of an open file.

    Raises:
        UsageError: the file cannot be read, or the array does not hold frames.
    """

    type_name: ClassVar[str] = "video-file"

    def __init__(
        self,
        data_or_path: Any,
        caption: str | None = None,
        fps: int | None = None,
        format: str | None = None,  # noqa: A002 - W&B's name
    ) -> None:
        self.caption = caption
        self.width: int | None = None
        self.height: int | None = None
        if isinstance(data_or_path, (str, Path)) or hasattr(data_or_path, "read"):
            self.format = suffix_of(data_or_path, VIDEO_FORMATS, "Video", format)
            self._content = read_source(data_or_path, "Video")
            return
        if format not in (None, "gif"):
            raise UsageError(
                f"Video: arrays become a gif, not {format!r}. Write the {format} file with a "
                "video library and give its path."
            )
        self.format = "gif"
        self._encode(array(data_or_path), fps or DEFAULT_FPS)

    def keep(self, keeper: Keeper) -> dict[str, Any]:
        """Write the video."""
        kept = keeper.keep("videos", f".{self.format}", self._content)
        return self._reference(kept, width=self.width, height=self.height)

    def _encode(self, frames: Any, fps: int) -> None:
        import numpy as np

        if frames.ndim == 5:  # a batch: side by side
            frames = np.concatenate(list(frames), axis=3)
        if frames.ndim != 4 or frames.shape[1] not in (1, 3, 4):
            raise UsageError(
                f"Video: an array of shape {frames.shape} holds no frames. Accepted: (time, "
                "channels, height, width) with 1, 3 or 4 channels, or a batch of these."
            )
        if frames.dtype.kind == "f" and frames.max() <= 1:
            frames = frames * 255
        frames = np.moveaxis(frames.clip(0, 255).astype(np.uint8), 1, -1)
        if frames.shape[-1] == 1:
            frames = frames[..., 0]
        pictures = [pillow("Video").fromarray(frame) for frame in frames]
        self.width, self.height = pictures[0].size
        self._content = to_bytes(
            lambda f: pictures[0].save(
                f,
                format="gif",
                save_all=True,
                append_images=pictures[1:],
                duration=round(1000 / fps),
                loop=0,
            )
        )
