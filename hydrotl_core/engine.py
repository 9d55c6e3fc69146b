"""One training update, made fast on the device at hand: number format, memory, launches.

One path per device, chosen by measurement (``benchmarks/``). CPU: oneDNN's fused LSTM, one
thread and one process per member. CUDA: cuDNN's LSTM, the whole update in one CUDA graph.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor


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


def out_of_memory(error: RuntimeError) -> bool:
    """Whether ``error`` says that the device, or the system, is out of memory."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


class Update:
    """One training update, called again and again; returns the loss of its batch.

    On the CPU it runs as written. On CUDA the first calls run so too, then the whole update is
    captured in a CUDA graph, and every later call replays it: one launch instead of some
    hundreds. Whatever the update reads from outside must therefore stay where it is in memory.

    When memory runs out, the batch is split into twice as many parts, with a warning, until it fits
    or a part is one sample: the same numbers, a third slower.

    Parameters
    ----------
    loss_of_batch
        Takes the number of parts and returns the loss; must not synchronise with the host.
    optimizer
        Holds the parameters that train.
    clip
        Largest norm of the gradient, or None.
    masks
        Random generator of the dropout masks, on the device.
    samples
        Number of windows per batch.
    """

    EAGER = 3  # calls that let libraries choose and allocate before the capture

    def __init__(
        self,
        loss_of_batch: Callable[[int], Tensor],
        optimizer: torch.optim.Optimizer,
        clip: float | None,
        masks: torch.Generator,
        samples: int,
    ) -> None:
        self.loss_of_batch, self.optimizer, self.clip = loss_of_batch, optimizer, clip
        self.masks, self.samples = masks, samples
        self.trained = [p for group in optimizer.param_groups for p in group["params"]]
        self.parts, self.calls = 1, 0
        self.graph: torch.cuda.CUDAGraph | None = None
        self.loss: Tensor | None = None

    def __call__(self) -> Tensor:
        if self.graph is not None:
            assert self.loss is not None
            self.graph.replay()
            return self.loss
        if self.masks.device.type == "cuda" and self.calls == self.EAGER:
            return self._capture()
        self.calls += 1
        before = self.masks.get_state()
        while True:
            try:
                return self._eager()
            except RuntimeError as error:
                if not out_of_memory(error) or self.parts >= self.samples:
                    raise
                first_line = str(error).splitlines()[0]
            # Out of the handler, so that the traceback holds no tensors any more.
            self.parts = min(2 * self.parts, self.samples)
            self.optimizer.zero_grad(set_to_none=True)
            self.masks.set_state(before)
            if self.masks.device.type == "cuda":
                torch.cuda.empty_cache()
            warnings.warn(
                f"out of memory ({first_line}): splitting the batch of {self.samples} into "
                f"{self.parts} parts, which is slower",
                stacklevel=2,
            )

    def _eager(self) -> Tensor:
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss_of_batch(self.parts)
        loss.backward()
        if self.clip is not None:
            torch.nn.utils.clip_grad_norm_(self.trained, self.clip)
        self.optimizer.step()
        return loss.detach()

    def _capture(self) -> Tensor:
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(self.masks)
        self.optimizer.zero_grad(set_to_none=True)
        torch.cuda.synchronize()
        with torch.cuda.graph(graph):
            self.loss = self._eager()
        self.graph = graph
        return self()
