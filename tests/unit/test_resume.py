"""A search killed by SIGKILL, as a process of its own, goes on from its snapshot to the same bits."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch

from overinterp.artifacts.orderings import load_orderings
from overinterp.artifacts.snapshots import Snapshot

CHILD = """
import os, signal, sys
sys.path[:0] = [{scripts!r}, {root!r}]
import numpy as np, torch
from overinterp.artifacts.orderings import save_shard
from overinterp.artifacts.snapshots import Snapshot
from overinterp.data.source import ArraySource
from overinterp.search.images import search_images
from tests.unit.toys import random_network

root, kill_after = sys.argv[1], int(sys.argv[2])
pictures = np.random.default_rng(0).integers(0, 256, (5, 4, 4, 1), dtype=np.uint8)
settings = dict(method="refined", pixels_per_step=2, objective="log_odds", target="predicted", batch_size=32)
snapshot, steps = Snapshot(root, {{"seed": 0}}, interval=0), 0

def on_step(search):
    global steps
    snapshot.offer(search.state)
    steps += 1
    if steps == kill_after:
        os.kill(os.getpid(), signal.SIGKILL)

torch.set_num_threads(1)
state = snapshot.load()
source = ArraySource(pictures, np.zeros(5, np.int64))
found = search_images(random_network(4), source, range(5), [0.3], settings, state=state, on_step=on_step)
save_shard(f"{{root}}/found.npz", found)
print("steps", steps)
"""


@pytest.fixture
def child(tmp_path, pytestconfig):
    root = pytestconfig.rootpath
    code = CHILD.format(scripts=str(root / "workflow" / "scripts"), root=str(root))

    def start(folder, kill_after):
        command = [sys.executable, "-c", code, str(folder), str(kill_after)]
        return subprocess.run(command, capture_output=True, text=True, timeout=300)

    return start


def test_killed_and_resumed_is_undisturbed(child, tmp_path):
    """Also in the middle of a step: its passes count too, 1 to 3 a step of up to 80 candidates in passes of 32."""
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert child(whole, 0).stdout == "steps 220\n"
    first = child(broken, 5)
    assert first.returncode == -signal.SIGKILL
    assert not (broken / "found.npz").exists()
    assert child(broken, 0).stdout == "steps 215\n"  # it lost none
    a, b = (load_orderings([folder / "found.npz"]) for folder in (whole, broken))
    for name in ("order", "removed", "log_odds", "ties", "near_ties"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


def test_a_state_with_one_changed_byte_is_not_used(tmp_path, caplog):
    snapshot = Snapshot(tmp_path, {"seed": 0}, interval=0)
    snapshot.offer(lambda: {"order": torch.arange(1000)})
    content = bytearray(snapshot.path.read_bytes())
    content[len(content) // 2] ^= 1
    snapshot.path.write_bytes(content)
    with caplog.at_level("WARNING"):
        assert snapshot.load() is None
    assert "unreadable state (its checksum is another)" in caplog.text


def test_a_foreign_state_is_named_and_not_used(tmp_path, caplog):
    mine, theirs = Snapshot(tmp_path, {"seed": 0}, interval=0), Snapshot(tmp_path, {"seed": 1}, interval=0)
    theirs.offer(lambda: {"order": torch.zeros(3)})
    mine.path.parent.mkdir(parents=True)
    os.replace(theirs.path, mine.path)
    with caplog.at_level("WARNING"):
        assert mine.load() is None
    assert "state of other work" in caplog.text
