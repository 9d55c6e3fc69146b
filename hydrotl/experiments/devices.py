"""What a machine has to compute with: its cores, or a GPU and how many processes share it."""

from __future__ import annotations

import os
from pathlib import Path

from hydrotl_core.errors import ConfigError

GPU_JOBS = 5  # members of an ensemble that train side by side on one GPU


def default_jobs(device: str = "cpu") -> int:
    """Processes to use: the cores this process may run on; on a GPU :data:`GPU_JOBS`, or one.

    Processes on one GPU take turns unless NVIDIA's MPS daemon lets them compute side by side.
    """
    if device != "cpu":
        return GPU_JOBS if mps_runs() else 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def mps_runs() -> bool:
    """Whether NVIDIA's MPS daemon (``nvidia-cuda-mps-control -d``) runs on this machine."""
    folder = Path(os.environ.get("CUDA_MPS_PIPE_DIRECTORY", "/tmp/nvidia-mps"))
    try:
        os.kill(int((folder / "nvidia-cuda-mps-control.pid").read_text()), 0)
    except PermissionError:  # it runs, as another user
        return True
    except (OSError, ValueError):
        return False
    return True


def pick_device(device: str = "auto") -> str:
    """``cuda`` where PyTorch sees a GPU, else ``cpu``, unless named.

    Raises
    ------
    ConfigError
        For another device, or a GPU that PyTorch does not see.
    """
    if device == "cpu":
        return device
    if device not in ("auto", "cuda"):
        raise ConfigError(f"no device {device!r}; there are auto, cpu, cuda")
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        raise ConfigError(
            "PyTorch sees no GPU for device 'cuda': use cpu, or a CUDA build of torch"
        )
    return "cpu"
