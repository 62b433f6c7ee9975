"""A small study run for real: finished, repeated, killed, changed."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = """
studies:
  - name: tiny
    data: {dataset: digits, train_images: 300, test_images: 60}
    architectures: [small_cnn]
    seeds: [0]
    training: {epochs: 12, batch_size: 32}
    conditions:
      - {name: full, view: full}
      - {name: backselect, view: backselect, fraction: 0.1, masks_from: {model: small_cnn-full-0, search: exact}}
    ensembles: [{name: both, members: ["*"], average: probabilities}]
    searches:
      - name: exact
        method: exact
        batch_size: 128
        runs:
          - {models: [small_cnn-full-0], split: train, images_per_shard: 150}
          - {models: [small_cnn-full-0, both], split: test}
    analysis: {search: exact, fractions: [0.1]}
    tables: [accuracy]
    figures: [sis_size_by_threshold, pixel_heatmap]
"""


def prepare(folder):
    """A copy of the repository's own files, with the small study as its config."""
    for name in ("Snakefile", "rules", "workflow", "envs", "profiles", "config"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    (folder / "config" / "config.yaml").write_text(CONFIG)
    return folder


def command(*arguments):
    return [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]


def run(folder, *arguments):
    return subprocess.run(command(*arguments), cwd=folder, capture_output=True, text=True, timeout=600)


def digests(folder):
    """sha256 of everything that should be the same in every run."""
    files = [
        *folder.glob("results/tiny/tables/*"),
        *folder.glob("results/tiny/models/*/*"),
        *folder.glob("results/tiny/figures/*"),
    ]
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.is_file()
    }


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = prepare(tmp_path_factory.mktemp("finished"))
    result = run(folder, "all")
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    return folder


def planned(folder):
    """Rules that would run now."""
    result = run(folder, "-n", "all")
    assert result.returncode == 0, result.stderr
    if "Nothing to be done" in result.stdout + result.stderr:
        return set()
    return set(re.findall(r"^(\w+)\s+\d+$", result.stdout, re.M)) - {"all", "total", "job"}


def test_it_makes_what_it_says_and_then_nothing_is_left_to_do(finished):
    study = finished / "results" / "tiny"
    made = {path.relative_to(study).as_posix() for path in study.glob("**/*") if path.is_file()}
    expected = """
        data/data.json data/train.npz data/test.npz models/both/model.json models/small_cnn-full-0/model.safetensors
        models/small_cnn-full-0/history.csv orderings/small_cnn-full-0/exact/train/shard-1.npz tables/accuracy.csv
        tables/sis_size.html figures/pixel_heatmap.pdf figures/sis_size_by_threshold.png
    """
    assert set(expected.split()) <= made
    assert not [name for name in made if name.startswith(".work") or "/." in name]
    assert planned(finished) == set()


def test_the_report_is_one_file_with_every_figure(finished):
    result = run(finished, "all", "--report", "results/report.html")
    assert result.returncode == 0, result.stderr
    text = (finished / "results" / "report.html").read_text()
    for word in ("pixel_heatmap", "sis_size_by_threshold", "accuracy"):
        assert word in text


@pytest.mark.parametrize(
    ("file", "old", "new", "rerun"),
    [
        ("search/scoring.py", "NOISE = 1e-5  #", "NOISE = 1e-5  # a comment and", set()),
        ("figures/pixel_heatmap.py", "linewidth=1.5", "linewidth=2.5", {"plot_pixel_heatmap"}),
        (
            "search/scoring.py",
            "NOISE = 1e-5",
            "NOISE = 2e-5",
            {"search_orderings", "train_network", "make_ensemble", "evaluate_accuracy", "measure_sis_size", "measure_pixel_rings",
             "plot_pixel_heatmap", "plot_sis_size_by_threshold"},
        ),
    ],
)  # fmt: skip
def test_a_change_runs_what_uses_it_and_nothing_else(finished, file, old, new, rerun):
    path = finished / "workflow" / "scripts" / "overinterp" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    try:
        assert planned(finished) == rerun
    finally:
        path.write_text(text)
    assert planned(finished) == set()


def test_touching_every_file_runs_nothing(finished):
    for path in (finished / "workflow").glob("**/*.py"):
        os.utime(path)
    assert planned(finished) == set()


@pytest.mark.parametrize("whole_group", [True, False], ids=["process group", "parent only"])
def test_killed_runs_finish_later_with_the_same_bytes(finished, tmp_path, whole_group):
    """SIGKILL in the middle of training, and again in the middle of search."""
    folder = prepare(tmp_path)
    for moment in ("train_network", "search_orderings"):
        process = subprocess.Popen(
            command("all", "--nolock"), cwd=folder, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 300
        while process.poll() is None and time.monotonic() < deadline:
            if list(folder.glob(f"logs/tiny/{moment}/*.log")):
                time.sleep(0.5)  # well inside the job
                break
            time.sleep(0.05)
        assert process.poll() is None, f"the run ended before {moment} began"
        if whole_group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()
    result = run(folder, "all", "--nolock")
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    assert digests(folder) == digests(finished)
    if not whole_group:  # the orphans' last breaths
        subprocess.run(["pkill", "-9", "-f", str(folder)], check=False)
