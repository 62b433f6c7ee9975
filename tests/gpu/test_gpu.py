"""The checks of a GPU, where there is one."""

import os

import pytest
import torch

from overinterp import job
from tests.gpu import checks

os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it cuBLAS has no deterministic products

needs_a_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU: found no CUDA device")


@needs_a_gpu
@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
def test_it_holds_on_the_gpu(check):
    missed = [found for found in check("cuda:0") if not found.holds]
    assert missed == []


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="fewer than two GPUs")
def test_two_jobs_take_two_gpus():
    assert {job.device("cuda"), job.device("cuda")} == {"cuda:0", "cuda:1"}


def test_several_gpus_are_shared_out(monkeypatch, tmp_path):
    """Each job of a machine gets one that no other has; the lock is the process's."""
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(job, "_uuid", lambda torch, number: f"gpu{number}")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert job.device("cpu") == "cpu"
    assert [job.device("cuda"), job.device("cuda")] == ["cuda:0", "cuda:1"]
    with pytest.raises(ValueError, match=r"found none of 2 CUDA devices of .* free, expected 1"):
        job.device("cuda")
    while job.CLAIMED:
        job.CLAIMED.pop().close()
    assert job.device("cuda") == "cuda:0"
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(ValueError, match=r"device: found no CUDA device on .*set device: cpu"):
        job.device("cuda")
    job.CLAIMED.pop().close()


def test_the_checks_themselves_run_without_one():
    """So that they are not found broken on the day that there is a GPU."""
    found = checks.ordering("cpu", "gradient", 1)
    assert 0 <= checks.picks_within_noise(found) <= 1
    assert all(row.holds for row in checks.float32("cpu"))
    assert checks.memory("cpu") == []


def test_the_plain_recipe_trains_in_a_process_of_its_own(monkeypatch):
    """Its workers are forked, and a forked process that holds CUDA graphs dies when it lets go of them."""

    def fork():
        raise AssertionError("this process was forked")

    monkeypatch.setattr(os, "fork", fork)
    assert all(rate > 0 for rate in checks._trainings("cpu", 128))
