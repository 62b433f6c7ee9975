"""State of unfinished work, kept outside the declared outputs so that a killed job resumes."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import time
from contextlib import suppress
from pathlib import Path

import torch

from overinterp.artifacts.files import replacing

logger = logging.getLogger(__name__)
INTERVAL = 120.0  # seconds between snapshots


class Snapshot:
    """One job's state, under ``.work/<digest>/``; the digest is of everything that the job depends on.

    Args:
        root: The study's folder.
        identity: Plain values; work with another identity never reads this state.
        interval: Seconds between writes; 0 writes every time.
    """

    def __init__(self, root: str | Path, identity: dict, interval: float = INTERVAL):
        self.digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:20]
        self.path = Path(root) / ".work" / self.digest / "state.pt"
        self.interval = interval
        self.written = time.monotonic()

    def load(self) -> dict | None:
        """The state last written, or None. A damaged file, or one of other work, is logged and ignored."""
        if not self.path.is_file():
            return None
        try:
            digest, payload = self.path.read_bytes().split(b"\n", 1)
            if hashlib.sha256(payload).hexdigest().encode() != digest:
                raise ValueError("its checksum is another")
            saved = torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True)
        except Exception as error:  # torch.load raises many kinds for a damaged file
            logger.warning("%s: unreadable state (%s), starting over", self.path, error)
            return None
        if not isinstance(saved, dict) or saved.get("digest") != self.digest:
            logger.warning("%s: found the state of other work, starting over", self.path)
            return None
        logger.info("resuming from %s", self.path)
        return saved["state"]

    def offer(self, make_state) -> None:
        """Write ``make_state()`` (tensors, numbers, text, lists, dicts) if the interval has passed."""
        if time.monotonic() - self.written < self.interval:
            return
        with replacing(self.path) as temporary:
            buffer = io.BytesIO()
            torch.save({"digest": self.digest, "state": make_state()}, buffer)
            payload = buffer.getvalue()
            temporary.write_bytes(hashlib.sha256(payload).hexdigest().encode() + b"\n" + payload)
        self.written = time.monotonic()

    def remove(self) -> None:
        """Forget the state; the work is done."""
        self.path.unlink(missing_ok=True)
        with suppress(OSError):  # absent, or in use: an orphan of a killed run may still be at the same work
            self.path.parent.rmdir()  # not .work: another job may be making its folder there
