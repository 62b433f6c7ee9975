"""Trials of a study with people on disk: pictures and ``trials.json`` to show, ``answer_key.csv`` to keep apart."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from overinterp.artifacts.files import replacing, sha256, write_json
from overinterp.artifacts.tables import write_table
from overinterp.human.trials import Trial


def save_trials(folder: str | Path, trials: list[Trial], pictures: list[np.ndarray], class_names: list[str]) -> None:
    """Write the pictures, what a page may know of them, and the answers.

    Args:
        folder: ``human``; pictures go to its ``images``.
        trials: In the order shown.
        pictures: uint8 (H, W, 1 or 3), one a trial.
        class_names: The choices.
    """
    folder = Path(folder)
    shutil.rmtree(folder / "images", ignore_errors=True)
    shown = []
    for trial, picture in zip(trials, pictures, strict=True):
        path = folder / "images" / f"trial_{trial.trial:04d}.png"
        with replacing(path) as temporary:
            Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture).save(temporary)
        shown.append({"trial": trial.trial, "batch": trial.batch, "image": f"images/{path.name}", "sha256": sha256(path)})
    write_table(folder / "answer_key.csv", pd.DataFrame([dataclasses.asdict(trial) for trial in trials]))
    write_json(folder / "trials.json", {"choices": class_names, "trials": shown})
