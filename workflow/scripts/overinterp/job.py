"""What every job does first: log file, versions, threads; and progress bars. Never changes a result."""

from __future__ import annotations

import ctypes
import fcntl
import functools
import logging
import os
import platform
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tqdm import tqdm

from overinterp.artifacts.files import sha256

CLAIMED: list = []  # lock files of this job's GPUs


def start(snakemake, torch_threads: bool = False) -> logging.Logger:
    """Log to the rule's log file and to the terminal, and log uncaught errors too.

    Args:
        snakemake: The script's snakemake object.
        torch_threads: Give torch the rule's threads, and show the log's lines on the terminal.
    """
    Path(snakemake.log[0]).parent.mkdir(parents=True, exist_ok=True)
    name, shown = " ".join([snakemake.rule, *snakemake.wildcards]), logging.INFO if torch_threads else logging.WARNING
    file = _log_to(snakemake.log[0], "w", name, shown)
    number = os.environ.get("SLURM_JOB_ID")
    place = platform.node() + (f", job {number} of Slurm" if number else "")
    file.stream.write(f"{snakemake.rule} {dict(snakemake.wildcards.items())}: python {platform.python_version()} on {place}\n")
    file.flush()  # after an empty log of a job that was killed Snakemake shows no other, as that of Slurm, which says why
    if torch_threads:
        import torch

        keep_memory()
        torch.set_num_threads(snakemake.threads)
        file.stream.write(f"torch {torch.__version__}, {snakemake.threads} thread(s)\n")
    return logging.getLogger(snakemake.rule)


def join(log: str, name: str, threads: int) -> logging.Logger:
    """Log to a job's log file and terminal from another process of it, which gets so many threads."""
    import torch

    _log_to(log, "a", name, logging.INFO)
    keep_memory()
    torch.set_num_threads(threads)
    return logging.getLogger(name)


def _log_to(path: str, mode: str, name: str, shown: int) -> logging.FileHandler:
    """Log to a file, to the terminal what is of some level, and uncaught errors to both."""
    file = logging.FileHandler(path, mode=mode)
    console = logging.StreamHandler()
    console.setLevel(shown)
    console.setFormatter(logging.Formatter(f"[{name}] %(message)s"))
    file.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=logging.INFO, handlers=[file, console], force=True)
    sys.excepthook = functools.partial(_log_error, file.stream)
    return file


def model_folder(snakemake) -> Path:
    """The folder of the job's classifier; its weights or description are among the inputs."""
    return Path(snakemake.input.models[0]).parent


def identity(snakemake) -> dict:
    """What a job's snapshot is of: a job of other settings, inputs or torch does not go on from it."""
    import torch

    return {
        "output": snakemake.output[0],
        "params": dict(snakemake.params.items()),
        "torch": torch.__version__,
        "inputs": [sha256(path) for path in snakemake.input if not path.endswith((".npy", "check.json"))],
    }


def device(name: str) -> str:
    """The device of this job, see `devices`."""
    return devices(name, 1)[0]


def devices(name: str, wanted: int) -> list[str]:
    """The devices of this job: of several GPUs such that no other job of this user's has, until this process ends.

    Other users are not asked, and a job that wants all that there are gets them, whoever has some. Where the scheduler
    shows the job its own GPUs alone (Slurm does), they are the job's.

    Args:
        name: The config's ``device``: 'cpu' or 'cuda'.
        wanted: How many; on a CPU so many processes share it.

    Raises:
        ValueError: There are too few GPUs, or too many of them are taken.
    """
    if name == "cpu":
        return [name] * wanted
    import torch

    count = torch.cuda.device_count()
    if count < wanted:
        found = f"{count} CUDA devices" if count else "no CUDA device"
        expected = f"{wanted}; lower training.processes" if count else f"{'one' if wanted == 1 else wanted}; set device: cpu"
        raise ValueError(f"device: found {found} on {platform.node()}, expected {expected}, or ask for more GPUs")
    if count == wanted:
        return [f"cuda:{number}" for number in range(count)]
    found = []
    for number in range(count):
        name = f"overinterp-{os.getuid()}-cuda-{_uuid(torch, number)}.lock"
        file = open(Path(tempfile.gettempdir()) / name, "w")  # noqa: SIM115  open as long as the job lasts
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            continue
        CLAIMED.append(file)  # the lock lasts as long as the file is open
        found.append(f"cuda:{number}")
        if len(found) == wanted:
            return found
    free = f"{len(found)} of" if found else "none of"
    raise ValueError(
        f"device: found {free} {count} CUDA devices of {platform.node()} free, expected {wanted}; lower resources.gpu"
    )


def _uuid(torch, number: int) -> str:
    return str(getattr(torch.cuda.get_device_properties(number), "uuid", number))


def keep_memory() -> None:
    """Tell glibc to keep freed memory for the next pass.

    By default it hands blocks of a pass's size back to the system, which fills them with zeros again for the next: for
    ResNet20 a tenth to a fifth of the time of a pass on a CPU. Elsewhere than on glibc this does nothing.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(-3, 32 * 1024 * 1024)  # M_MMAP_THRESHOLD, the largest it takes
        libc.mallopt(-1, 2**31 - 1)  # M_TRIM_THRESHOLD


def _log_error(file, kind, error, trace):
    """The trace goes to the log file; for what a user can mend, one sentence goes to the terminal."""
    traceback.print_exception(kind, error, trace, file=file)
    if issubclass(kind, ValueError):
        logging.getLogger().error("error: %s", error)
    else:
        sys.__excepthook__(kind, error, trace)


LINE_EVERY = 30.0  # seconds, in a log


class Progress:
    """A bar on a terminal, a line in the log every half minute elsewhere.

    Args:
        logger: Of the job.
        total: Units of work.
        unit: Their name.
    """

    def __init__(self, logger: logging.Logger, total: float, unit: str):
        self.logger, self.total, self.unit = logger, total, unit
        self.began = self.logged = time.monotonic()
        self.first = None
        self.bar = tqdm(total=total, unit=unit, disable=None, mininterval=1.0, leave=False, unit_scale=True)

    def at(self, done: float, note: str = "") -> None:
        """Say how much is done, and what else there is to say of it."""
        if self.first is None:  # work done before, by a run that was killed, has no part in the rate
            self.first, self.began = done, time.monotonic()
            self.bar.initial = done
        self.bar.n = done
        self.bar.set_postfix_str(note, refresh=False)
        self.bar.refresh() if done >= self.total else self.bar.update(0)
        now = time.monotonic()
        if now - self.logged >= LINE_EVERY and done > self.first:
            self.logged = now
            rate = (done - self.first) / (now - self.began)
            left = (self.total - done) / rate
            pace = f"{rate:.1f}/s" if rate >= 1 else f"{1 / rate:.1f} s each"
            note = f" ({note})" if note else ""
            self.logger.info("%.0f of %.0f %s, %s, %.0f s left%s", done, self.total, self.unit, pace, left, note)

    def close(self) -> None:
        """Remove the bar."""
        self.bar.close()
