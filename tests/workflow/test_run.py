"""A small study run for real: finished, repeated, killed, changed."""

import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from overinterp.artifacts.trials import freeze, load_frozen
from overinterp.plan import start
from tests.benchmarks.kills import jobs
from tests.waiting import wait_for
from tests.workflow.running import CONFIG, PART, ROOT, command, digests, prepare, run


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
        answers.html verdict.html verdict.json verdict_classes/0.html tables/verdict_images.csv
        human/page/index.html human/answer_key.csv human/trials.json tables/human_accuracy.csv
        data/data.json data/train.npy data/train.csv data/test.npy parts/accuracy/both.csv models/both/model.json models/small_cnn-full-0/model.safetensors
        models/small_cnn-full-0/history.csv orderings/small_cnn-full-0/exact/train/shard-1.npz tables/accuracy.csv
        tables/sis_size.html figures/pixel_heatmap.pdf figures/sis_size_by_threshold.png
    """
    assert set(expected.split()) <= made
    made -= {"human/images/.snakemake_timestamp", "verdict_classes/.snakemake_timestamp"}  # Snakemake's marks of folders
    assert not [name for name in made if name.startswith(".work") or "/." in name]
    assert planned(finished) == set()


def test_tables_are_what_plain_loops_read_off_the_files(finished):
    """From the stored arrays alone, without the library: sizes, the mean of them, rings, the map, and who is right."""
    tables = {path.stem: pd.read_csv(path) for path in (finished / "results/tiny/tables").glob("*.csv")}
    sizes, means = tables["sis_size"].set_index(["model", "index", "threshold"]), tables["sis_size_by_threshold"]
    for model in ("small_cnn-full-0", "both"):
        images = []
        for path in sorted(finished.glob(f"results/tiny/orderings/{model}/exact/test/*.npz")):
            with np.load(path) as file:
                names = ("order", "removed", "log_odds", "index", "label", "predicted")
                images += list(zip(*(file[name] for name in names), strict=True))
        assert len(images) == 60
        for threshold in means.threshold.unique():
            entered = []
            for order, removed, odds, index, label, predicted in images:
                sure = [1 / (1 + math.exp(-float(value))) >= threshold for value in odds]
                kept = min((len(order) - int(gone) for gone, enough in zip(removed, sure, strict=True) if enough), default=None)
                row = sizes.loc[(model, index, threshold)]
                assert row.status == {None: "none", 0: "empty"}.get(kept, "found")
                assert row.size_pixels == kept if kept else not row.size_pixels > 0
                assert row.full_at_threshold == sure[0] and row.correct == (predicted == label)
                entered += [kept] if sure[0] and kept else []
            mean = means[(means.group == sizes.loc[model].group.iloc[0]) & np.isclose(means.threshold, threshold)].iloc[0]
            assert mean.subsets == len(entered)
            assert mean["mean"] == pytest.approx(sum(entered) / len(entered), rel=1e-6) if entered else math.isnan(mean["mean"])
        last = [order[-7:] for order, *_ in images]  # a tenth of 64 pixels
        edge = sum(pixel // 8 in (0, 7) or pixel % 8 in (0, 7) for pixels in last for pixel in pixels.tolist())
        rings = tables["pixel_rings"].query("model == @model and rings == 1").iloc[0]
        assert rings.share == pytest.approx(edge / (7 * 60)) and rings.uniform_share == pytest.approx(28 / 64)
        cells = tables["pixel_heatmap"].query("group == @rings.group").set_index(["row", "column"]).share
        for pixel in range(64):
            assert cells[pixel // 8, pixel % 8] == pytest.approx(sum(pixel in pixels for pixels in last) / 60)
        right = tables["accuracy"].query("model == @model and test_mask == 'all' and split == 'test'").iloc[0]
        assert right.accuracy == pytest.approx(sum(label == predicted for *_, label, predicted in images) / 60)
    used = sizes.loc["small_cnn-full-0", :, 0.9].query("status == 'found' and full_at_threshold")
    audited, shown = tables["leakage"].set_index("control"), tables["accuracy"].query("test_threshold == 0.9")
    assert set(audited.index) == {"kept", "position", "probe"} and 8 < len(used) < 60
    assert (audited.images == len(used)).all() and audited.pixels.to_numpy() == pytest.approx([used.size_pixels.mean()] * 3)
    assert sorted(shown.control) == ["kept", "position"] and (shown.images == len(used)).all()
    assert shown.set_index("control").accuracy.to_dict() == pytest.approx(audited.accuracy.drop("probe").to_dict())


def test_provenance_names_the_rule_digest_and_command_of_every_file(finished):
    shutil.copy(ROOT / "requirements.txt", finished)  # beside the workflow, as in a clone
    scripts = {**os.environ, "PYTHONPATH": str(finished / "workflow" / "scripts")}
    given = [sys.executable, "-m", "overinterp.provenance", "config/config.yaml"]
    result = subprocess.run(given, cwd=finished, env=scripts, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0 and " 0 of them not of this config" in result.stdout, result.stdout + result.stderr
    rows = pd.read_csv(finished / "results/provenance.csv").set_index("file")
    weights = "results/tiny/models/small_cnn-full-0/model.safetensors"
    described = json.loads((finished / "results/tiny/models/small_cnn-full-0/model.json").read_text())
    assert rows.loc[weights, "sha256"] == described["sha256"] and rows.loc[weights, "rule"] == "train_network"
    assert rows.loc[weights, "command"].endswith(f"{weights} --configfile config/config.yaml")
    assert {"results/tiny/tables/accuracy.csv", "results/tiny/verdict_classes/0.html"} <= set(rows.index)
    assert not any("/." in name for name in rows.index)
    assert planned(finished) == set()
    about = json.loads((finished / "results/provenance.json").read_text())
    assert about["packages"]["torch"] == torch.__version__.partition("+")[0] and about["commit"] is None


def test_the_report_is_one_file_with_every_figure(finished, report):
    assert "No people have been asked." in (finished / "results/tiny/tables/human_accuracy.html").read_text()
    assert not list(finished.glob("results/tiny/figures/human_*"))
    text = report.read_text()
    for word in ("pixel_heatmap", "sis_size_by_threshold", "accuracy"):
        assert word in text


def test_the_verdict_check_fails_unless_no_fault_was_found(tmp_path):
    """make turns every failure into 2; the command itself tells a fault from a verdict that cannot be said."""
    for name in ("Makefile", "workflow"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "venv/bin").mkdir(parents=True)
    (tmp_path / "venv/bin/python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (tmp_path / "venv/bin/python").chmod(0o755)
    (tmp_path / "results/toy").mkdir(parents=True)
    scripts = {**os.environ, "PYTHONPATH": str(ROOT / "workflow" / "scripts")}
    by_make = ["make", "-o", "venv/.installed", "VENV=venv", "verdict-check"]
    direct = [sys.executable, "-m", "overinterp.verdict", "check", "results/toy/verdict.json"]

    def check(given, state):
        found = {"study": "toy", "model": "cnn", "state": state, "reasons": ["Because."]}
        (tmp_path / "results/toy/verdict.json").write_text(json.dumps(found))
        return subprocess.run(given, cwd=tmp_path, env=scripts, capture_output=True, text=True, timeout=60)

    for state, status in (("none found", 0), ("fault shown", 2), ("cannot say", 2)):
        result = check([*by_make, "STUDY=toy"], state)
        assert result.returncode == status and f"toy, cnn: {state}\n  Because." in result.stdout, result.stderr
    assert check(direct, "fault shown").returncode == 1
    without = check(by_make, "none found")
    assert without.returncode == 2 and "found no STUDY" in without.stdout


@pytest.mark.parametrize(
    ("file", "old", "new", "rerun"),
    [
        ("search/scoring.py", "NOISE = 1e-5  #", "NOISE = 1e-5  # a comment and", set()),
        ("figures/pixel_heatmap.py", "linewidth=1.5", "linewidth=2.5", {"draw_figure", "write_answers"}),
        (
            "search/scoring.py",
            "NOISE = 1e-5",
            "NOISE = 2e-5",
            {
                "search_orderings", "train_network", "make_ensemble", "evaluate_accuracy", "evaluate_subsets", "make_table",
                "export_trials", "draw_figure", "write_verdict", "write_answers",
            },
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


def test_a_moved_folder_has_nothing_left_to_do(finished, tmp_path):
    """As another user finds it, or on another disk."""
    moved = tmp_path / "moved"
    shutil.copytree(finished, moved)
    assert planned(moved) == set()


def test_people_are_asked_frozen_and_scored(finished, tmp_path):
    """Answers join the frozen study: they alone are scored, figures appear, and a new export changes nothing of it."""
    finished = shutil.copytree(finished, tmp_path / "asked")
    result = run(finished, "results/tiny/figures/human_accuracy.png")
    assert result.returncode == 1 and "nobody has been asked yet" in result.stdout + result.stderr
    frozen = freeze(finished / "results/tiny/human", finished / "human")
    key = load_frozen(frozen).key
    assert planned(finished) == {"analyze_human"}  # it reads the frozen study from now on
    for number, person in enumerate(("a", "b", "c")):
        answers = pd.DataFrame({"study_id": frozen.name, "participant": person, "trial": key.trial, "choice": key.label})
        answers = answers.assign(response_ms=900 + number, views=1, answered_at="", picture_px=480)
        answers.to_csv(frozen / f"responses/{person}.csv", index=False)
    result = run(finished, "all")
    assert result.returncode == 0, result.stderr[-3000:]
    table = pd.read_csv(finished / "results/tiny/tables/human_accuracy.csv")
    assert table[table.quantity == "accuracy"].value.tolist() == [1, 1]
    assert set(table.study_id) == {frozen.name}
    assert "3 files of 3 people, 0 excluded" in (finished / "results/tiny/tables/human_accuracy.html").read_text()
    for name in ("accuracy", "confusion"):
        assert (finished / f"results/tiny/figures/human_{name}.png").stat().st_size > 5000
    assert planned(finished) == set()
    (frozen / "responses/c.csv").write_text((frozen / "responses/c.csv").read_text().replace("902", "-9"))
    result = run(finished, "all")
    assert result.returncode == 1 and "c.csv, answer 1: found response_ms '-9'" in result.stdout + result.stderr
    for answers in (frozen / "responses").iterdir():
        answers.unlink()  # all are withdrawn
    result = run(finished, "all")
    assert result.returncode == 0, result.stderr[-3000:]
    assert not list((finished / "results/tiny/figures").glob("human_*")) and planned(finished) == set()


def kill_one_job(folder):
    """As Linux does where memory is short: Snakemake says that it failed, and goes on with what does not need it."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command(*PART, "--nolock"), cwd=folder, start_new_session=True, **quiet)

    def running():
        assert process.poll() is None, "the run ended before a job began"
        return jobs(process.pid)

    os.kill(wait_for(running)[0], signal.SIGKILL)
    assert process.wait(timeout=600) == 1


def test_killed_runs_finish_later_with_the_same_bytes(finished, tmp_path):
    """SIGKILL to all in the middle of training and of search; to Snakemake alone, whose jobs live on; to one job.

    The lock of a killed run is refused, then removed. tests/benchmarks/kills.py does so at random moments, as often as it is told.
    """
    folder, quiet = prepare(tmp_path), {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

    def killed_in(rule, kill):
        shutil.rmtree(logs := folder / "logs/tiny" / rule, ignore_errors=True)
        process = subprocess.Popen(command(*PART), cwd=folder, start_new_session=True, **quiet)

        def begun():
            assert process.poll() is None, f"the run ended before {rule} began"
            return list(logs.glob("*.log"))

        wait_for(begun)
        time.sleep(0.5)  # well inside the job
        make = subprocess.run([sys.executable, ROOT / "workflow/alone.py", "true"], cwd=folder, capture_output=True, text=True)
        assert make.returncode == 1 and f"process {process.pid})" in make.stderr
        kill(process.pid, signal.SIGKILL)
        process.wait()

    killed_in("train_network", os.killpg)
    refused = run(folder, *PART)
    assert refused.returncode == 1 and "Directory cannot be locked" in refused.stdout + refused.stderr
    for rule, kill in (("train_network", os.kill), ("search_orderings", os.killpg), ("search_orderings", os.kill)):
        assert run(folder, "--unlock").returncode == 0
        killed_in(rule, kill)
    kill_one_job(folder)
    result = run(folder, *PART, "--nolock")
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    made, expected = digests(folder), digests(finished)
    assert made == {name: expected[name] for name in made} and set(PART) < set(made)
    subprocess.run(["pkill", "-9", "-f", str(folder)], check=False)  # the orphans' last breaths


def test_no_gpu_where_the_config_asks_for_one_is_said_before_any_job(tmp_path):
    """And not on a dry run, nor of what needs none."""
    if start.has_gpu():
        pytest.skip("this machine has a GPU")
    prepare(tmp_path)
    (tmp_path / "config" / "config.yaml").write_text(f"device: cuda\n{CONFIG}")
    result = run(tmp_path, "all")
    said = result.stdout + result.stderr
    assert result.returncode == 1 and "Traceback" not in said and not (tmp_path / "results").exists()
    assert said.count("config key device: found 'cuda' and no GPU on ") == 1 and "set device: cpu" in said
    assert "train_network" in planned(tmp_path)
    result = run(tmp_path, "results/tiny/data/test.csv")
    assert result.returncode == 0, result.stderr


def test_a_gpu_is_seen_by_an_nvidia_smi_that_works(tmp_path, monkeypatch):
    if list(Path("/dev").glob("nvidia*")):
        pytest.skip("this machine has a GPU")
    program = tmp_path / "nvidia-smi"
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    for status in (9, 0):
        program.write_text(f"#!/bin/sh\nexit {status}\n")
        program.chmod(0o755)
        assert start.has_gpu() == (status == 0)
