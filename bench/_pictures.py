"""Pictures for a load, made beforehand on disk: each one new to the hub, of the size and weight of phones' photos."""

from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import Any

COARSE = 24  # cells a side of what makes a picture unlike all others: finer than a fingerprint looks
TEXTURE = 2048


def make(folder: Path, number: int, seed: int = 0, processes: int = 2) -> list[Path]:
    """`number` JPEG files of 0.3 to 1 megapixel, 50 to 300 KB; those that lie in the folder already are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(processes) as pool:
        return list(pool.map(partial(_write, folder, seed), range(number), chunksize=50))


def _write(folder: Path, seed: int, number: int) -> Path:
    path = folder / f"{seed}-{number:05}.jpg"
    if not path.exists():
        path.write_bytes(picture(seed, number))
    return path


def picture(seed: int, number: int) -> bytes:
    """Noise with the spectrum of a photo: what is coarse is its own, the fine grain a piece of one texture."""
    import cv2
    import numpy as np

    chance = np.random.default_rng((seed, number))
    width, height = (int(side) // 8 * 8 for side in chance.uniform(560, 1150) * np.array([1, chance.uniform(0.6, 0.8)]))
    coarse: Any = np.zeros((3, 4, 3), np.float32)
    cells, weight = 3, 60.0
    while cells <= COARSE:
        coarse = cv2.resize(coarse, (cells + 1, cells), interpolation=cv2.INTER_CUBIC)
        coarse += chance.normal(0, weight, coarse.shape).astype(np.float32)
        cells, weight = cells * 2, weight * 0.7
    y, x = chance.integers(TEXTURE - height), chance.integers(TEXTURE - width)
    made = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR) + 128
    made = cv2.add(made, _texture()[y : y + height, x : x + width])
    turned = made.transpose(1, 0, 2) if chance.random() < 0.3 else made
    return cv2.imencode(".jpg", turned.clip(0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()


@cache
def _texture():
    """The fine half of the spectrum, from a 1/16 of the texture's side down to its pixels."""
    import cv2
    import numpy as np

    chance = np.random.default_rng(7)
    made = np.zeros((TEXTURE, TEXTURE, 3), np.float32)
    for cells, weight in ((128, 16), (256, 12), (512, 9), (1024, 6), (2048, 3)):
        grain = chance.normal(0, weight, (cells, cells, 3)).astype(np.float32)
        made += cv2.resize(grain, (TEXTURE, TEXTURE), interpolation=cv2.INTER_LINEAR)
    return made
