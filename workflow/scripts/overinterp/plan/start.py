"""What is looked at as a run starts, beside the config: this machine, and what profile and command line say."""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path

from overinterp.plan.sentences import ConfigError


def need_gpu() -> None:
    """Raise a `ConfigError` where this machine has no GPU."""
    if not has_gpu():
        raise ConfigError(
            f"config key device: found 'cuda' and no GPU on {platform.node()} (no /dev/nvidia*, no nvidia-smi that works), "
            "expected one; set device: cpu, or run where there is one"
        )


def has_gpu() -> bool:
    """Whether there is a GPU by NVIDIA: its device file, or an nvidia-smi that works (WSL has no such files)."""
    if any(Path("/dev").glob("nvidia*")):
        return True
    return shutil.which("nvidia-smi") is not None and subprocess.run(["nvidia-smi"], capture_output=True).returncode == 0
