"""In which numbers to compute: bfloat16 where the processor multiplies them itself, else float32."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

POLICIES = {"bfloat16": "mixed_bfloat16", "float32": "float32"}
NATIVE = {"avx512_bf16", "amx_bf16"}
CPUINFO = Path("/proc/cpuinfo")


def settled(wanted: str, cpuinfo: Path = CPUINFO) -> str:
    """`auto` made up to bfloat16 or float32; either of them as it is. Raises ValueError for anything else."""
    if wanted == "auto":
        return "bfloat16" if _accelerated() or native(cpuinfo) else "float32"
    if wanted not in POLICIES:
        raise ValueError(f"no precision {wanted!r}")
    return wanted


def native(cpuinfo: Path = CPUINFO) -> bool:
    """Whether the processor has bfloat16 instructions. Without them TensorFlow emulates, several times slower."""
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        return False
    flags = next((line for line in lines if line.startswith("flags")), "")
    return bool(NATIVE & set(flags.split()))


def _accelerated() -> bool:
    import keras

    return any("gpu" in device or "cuda" in device for device in keras.distribution.list_devices())


@contextmanager
def policy(precision: str) -> Iterator[None]:
    """Networks built inside compute in this precision; their variables stay float32."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(POLICIES[precision])
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def stored(precision: str) -> np.dtype:
    """The two-byte numbers activations are kept in: bfloat16 as computed, float16 where computed in float32."""
    if precision == "float32":
        return np.dtype("<f2")
    import ml_dtypes

    return np.dtype(ml_dtypes.bfloat16)
