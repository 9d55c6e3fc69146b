"""What the device needs so that training runs at its best: number format, memory, threads.

One path per device, chosen by measurement (``benchmarks/``). CPU: oneDNN's fused LSTM, one
thread and one process per member. CUDA: cuDNN's LSTM, the whole update in one CUDA graph.
"""

from __future__ import annotations

import ctypes
import warnings
from typing import Literal

import torch

# mallopt() parameters of glibc's <malloc.h>.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4


def arithmetic(precision: Literal["float32", "bfloat16"], device: str) -> torch.dtype:
    """Number format of the LSTM layer in training on ``device``.

    ``bfloat16`` is used where the processor computes in it (AVX512-BF16, AMX, Ampere and
    later); elsewhere it would be emulated and slower, so float32 takes its place, with a warning.
    """
    if precision == "float32":
        return torch.float32
    if torch.device(device).type == "cuda":
        able = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        able = bool(torch.cpu.get_capabilities().get("avx512_bf16", False))
    if able:
        return torch.bfloat16
    warnings.warn(
        f"this {torch.device(device).type} does not compute in bfloat16: training in float32, "
        "which is slower and gives other weights",
        stacklevel=2,
    )
    return torch.float32


def keep_freed_memory() -> bool:
    """Let this process keep memory it has freed; True where that could be arranged.

    By default glibc returns every large block to the system when it is freed. The LSTM's
    activations are such blocks, allocated anew at each update, and mapping them page by page
    again costs up to a third of it. Other C libraries are left as they are.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    settings = ((_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, 2**31 - 1), (_M_TOP_PAD, 2**28))
    return all(mallopt(name, value) == 1 for name, value in settings)
