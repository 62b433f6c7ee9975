"""Snakemake as a process of its own, in copies of the repository that have a small study or with the repository's own files."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONFIG = """
studies:
  - name: tiny
    data: {dataset: digits, train_images: 300, test_images: 60}
    architectures: [small_cnn]
    seeds: [0]
    training: {epochs: 12, batch_size: 32}
    conditions:
      - {name: full}
      - {name: backselect, view: {mask: kept, fraction: 0.1}, masks_from: {model: small_cnn-full-0, search: exact}}
    audits: [{name: sis, masks_from: {model: small_cnn-full-0, search: exact}, threshold: 0.9, controls: [kept, position]}]
    ensembles: [{name: both, members: ["*-full-*", "*-backselect-*"], average: probabilities}]
    searches:
      - name: exact
        method: exact
        batch_size: 128
        runs:
          - {models: [small_cnn-full-0], split: train, images_per_shard: 150}
          - {models: [small_cnn-full-0, both], split: test}
    analysis: {search: exact, fractions: [0.1]}
    tables: [accuracy, pixel_rings, leakage]
    figures: [sis_size_by_threshold, pixel_heatmap]
    human:
      networks: [small_cnn-full-0]
      fractions: [0.1, 0.5]
      classes: ["0", "1", "2"]
      images_per_class: 2
      random_per_class: 1
      confidence: 0.2
      practice: 1
      full_images: 2
      repeats: 1
      pass_share: 1
"""
PART = [
    f"results/tiny/{name}" for name in ("tables/accuracy.csv", "figures/sis_size_by_threshold.png", "figures/pixel_heatmap.png")
]


def prepare(folder):
    """A copy of the repository's own files, with the small study as its config."""
    for name in ("Snakefile", "rules", "workflow", "envs", "profiles", "config"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    (folder / "config" / "config.yaml").write_text(CONFIG)
    return folder


def command(*arguments, python=sys.executable):
    return [python, "-m", "snakemake", "--cores", "2", "--max-jobs-per-timespan", "100/1s", *map(str, arguments)]


def run(folder, *arguments, python=sys.executable, **environ):
    given = {"env": {**os.environ, **environ}, "capture_output": True, "text": True, "timeout": 1200}
    return subprocess.run(command(*arguments, python=python), cwd=folder, **given)


def plan(folder, *arguments, config=None):
    """A dry run of the repository's own Snakefile in another folder, of the demo unless another config is given."""
    if config is None:
        shutil.copytree(ROOT / "config", folder / "config", dirs_exist_ok=True)
    return run(folder, "-n", "--snakefile", ROOT / "Snakefile", *arguments, *(["--configfile", config] if config else []))


def digests(folder, study="tiny"):
    """sha256 of everything that should be the same in every run."""
    files = [
        *folder.glob(f"results/{study}/tables/*"),
        *folder.glob(f"results/{study}/models/*/*"),
        *folder.glob(f"results/{study}/figures/*"),
        *folder.glob(f"results/{study}/orderings/**/*.npz"),
        *folder.glob(f"results/{study}/human/page/**/*"),
        folder / f"results/{study}/verdict.html",
    ]
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.is_file()
    }
