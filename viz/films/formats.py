"""Stills as a film: GIF by Pillow, MP4 by imageio-ffmpeg, SVG that moves by itself."""

from __future__ import annotations

import importlib
import io
import tempfile
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from viz.drawing.files import longest_side, need, to_png

LARGEST = 1920  # pixels of a film, on each side
PACE = 20  # images a second of an MP4


def to_moving_svg(stills: Sequence[Sequence[str]], durations: Sequence[float]) -> Iterator[str]:
    """Parts of pictures, each shown while its still is on; what does not change stands once.

    It moves by SMIL, which browsers play in a page and in an <img>; where nothing plays it, and on
    paper, the last still is seen.
    """
    whole = sum(durations)
    starts = [sum(durations[:i]) / whole for i in range(len(durations))]
    for versions in zip(*stills, strict=True):
        if len(set(versions)) == 1:
            yield versions[0]
            continue
        for version in dict.fromkeys(filter(None, versions)):
            shown = [v == version for v in versions]
            changes = [next(run) for _, run in groupby(range(len(shown)), key=shown.__getitem__)]
            values = ";".join("visible" if shown[i] else "hidden" for i in changes)
            times = ";".join(f"{starts[i]:.4g}" for i in changes)
            yield (
                f'<g visibility="{"visible" if shown[-1] else "hidden"}">{version}'
                '<animate attributeName="visibility" calcMode="discrete" '
                f'values="{values}" keyTimes="{times}" dur="{whole:g}s" '
                'repeatCount="indefinite"/></g>'
            )


def to_gif(stills: Sequence[str], durations: Sequence[float]) -> bytes:
    """The stills as a GIF that plays again and again."""
    need("GIF", "PIL")
    images = _images(stills)
    palette = _palette([images[0], images[len(images) // 2], images[-1]])
    first, *others = [image.quantize(palette=palette, dither=0) for image in images]
    file = io.BytesIO()
    first.save(
        file,
        format="GIF",
        save_all=True,
        append_images=others,
        duration=[round(1000 * seconds) for seconds in durations],
        loop=0,
    )
    return file.getvalue()


def to_mp4(stills: Sequence[str], durations: Sequence[float]) -> bytes:
    """The stills as an MP4."""
    need("MP4", "imageio_ffmpeg", "PIL")
    ffmpeg: Any = importlib.import_module("imageio_ffmpeg")
    images = [_even(image) for image in _images(stills)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "film.mp4")
        writer = ffmpeg.write_frames(str(path), images[0].size, fps=PACE, macro_block_size=2)
        writer.send(None)
        for image, seconds in zip(images, durations, strict=True):
            for _ in range(max(1, round(PACE * seconds))):
                writer.send(image.tobytes())
        writer.close()
        return path.read_bytes()


def _images(stills: Sequence[str]) -> list[Any]:
    """The stills as images of Pillow that fit a screen."""
    module: Any = importlib.import_module("PIL.Image")
    zoom = min(2.0, LARGEST / longest_side(stills[0]))
    return [module.open(io.BytesIO(to_png(svg, zoom))).convert("RGB") for svg in stills]


def _palette(images: Sequence[Any]) -> Any:
    """The colours of some images, as an image: one palette, so that no colour flickers."""
    module: Any = importlib.import_module("PIL.Image")
    width, height = images[0].size
    sheet = module.new("RGB", (width, height * len(images)))
    for i, image in enumerate(images):
        sheet.paste(image, (0, i * height))
    return sheet.quantize(256)


def _even(image: Any) -> Any:
    """The image with an even number of pixels both ways, as H.264 wants."""
    width, height = image.size
    return image.crop((0, 0, width - width % 2, height - height % 2))
