"""A study with people on disk: the page and its pictures, the answer key apart, and the frozen copy that is shown.

The page, ``page/index.html``, is all that people get: one file, pictures inside. ``answer_key.csv`` and ``trials.json`` stay
with whoever runs the study.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from overinterp.artifacts.files import read_json, replacing, sha256, temporary_name, write_json
from overinterp.artifacts.tables import read_table, write_table

TEMPLATE = Path(__file__).parents[1] / "human" / "page.html"
PLACE = "{{ study }}"  # in the template, where the study goes
EXPORTED = ("trials.json", "answer_key.csv", "page", "images")


def save_trials(folder: str | Path, about: dict, key: pd.DataFrame, pictures: list[np.ndarray]) -> None:
    """Write the page, the pictures, the answer key and, last, ``trials.json``.

    Args:
        folder: ``human``; pictures go to its ``images``, the page to its ``page``.
        about: study, origin, networks, settings (the config's ``human`` block) and choices.
        key: The answer key: one row a trial, in the order shown.
        pictures: uint8 (H, W, 1 or 3), one a trial.
    """
    folder = Path(folder)
    shutil.rmtree(folder / "images", ignore_errors=True)
    files = [_png(picture) for picture in pictures]
    trials = []
    for row, content in zip(key.itertuples(), files, strict=True):
        path = folder / "images" / f"trial_{row.trial:04d}.png"
        with replacing(path) as temporary:
            temporary.write_bytes(content)
        phase = "practice" if row.kind == "practice" else "main"
        trials.append({"trial": row.trial, "phase": phase, "batch": row.batch, "image": f"images/{path.name}"})
        trials[-1]["sha256"] = hashlib.sha256(content).hexdigest()
    write_table(folder / "answer_key.csv", key)
    template = TEMPLATE.read_text(encoding="utf-8")
    digests = {"answer_key.csv": sha256(folder / "answer_key.csv")}
    about = {**about, "template": hashlib.sha256(template.encode()).hexdigest(), "trials": trials}
    about = {"study_id": _study_id(about, digests), **about}
    page = folder / "page" / "index.html"
    with replacing(page) as temporary:
        temporary.write_text(render(template, about, trials, files), encoding="utf-8")
    write_json(folder / "trials.json", {**about, "sha256": {**digests, "page/index.html": sha256(page)}})


def _study_id(about: dict, digests: dict) -> str:
    """The study's name and a digest of all that people see, of the rules of exclusion, and of the key."""
    content = {name: value for name, value in about.items() if name not in ("study_id", "sha256")}
    everything = json.dumps([content, digests["answer_key.csv"]], sort_keys=True)
    return f"{about['study']}-{hashlib.sha256(everything.encode()).hexdigest()[:8]}"


def render(template: str, about: dict, trials: list[dict], pictures: list[bytes]) -> str:
    """The page: its template with the study's texts, choices and pictures, and nothing of the answer key.

    Args:
        template: HTML with one `PLACE`.
        about: study_id, choices, and settings with title, consent, instructions, debrief and scale.
        trials: trial, phase and batch of each, in the order shown.
        pictures: PNG files, one a trial.
    """
    shown = [
        {**{name: trial[name] for name in ("trial", "phase", "batch")}, "picture": base64.b64encode(picture).decode()}
        for trial, picture in zip(trials, pictures, strict=True)
    ]
    texts = {name: about["settings"][name] for name in ("title", "consent", "instructions", "debrief", "scale")}
    study = {"study_id": about["study_id"], **texts, "choices": about["choices"], "trials": shown}
    return template.replace(PLACE, json.dumps(study, ensure_ascii=False).replace("<", "\\u003c"))


def _png(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture).save(file, "PNG", optimize=True)
    return file.getvalue()


@dataclass(frozen=True)
class Frozen:
    """A study as people were shown it.

    Attributes:
        about: ``trials.json``.
        key: The answer key.
    """

    about: dict
    key: pd.DataFrame

    @property
    def study_id(self) -> str:
        return self.about["study_id"]


def load_frozen(folder: str | Path) -> Frozen:
    """Read an exported or frozen study.

    Raises:
        FileNotFoundError: There is none.
        ValueError: The page, the answer key, the settings or the trials are not those that were exported.
    """
    folder = Path(folder)
    about = read_json(folder / "trials.json", "restore it from a copy: without it people's answers are of no study")
    if not {"sha256", "study_id"} <= set(about) or _study_id(about, about["sha256"]) != about["study_id"]:
        raise ValueError(f"{folder / 'trials.json'}: found other settings or trials than those exported as {folder.name}")
    for name, expected in about["sha256"].items():
        if sha256(folder / name) != expected:
            raise ValueError(
                f"{folder / name}: found another file than the one exported; people's answers would be scored wrongly"
            )
    return Frozen(about, read_table(folder / "answer_key.csv"))


def freeze(exported: str | Path, root: str | Path) -> Path:
    """Copy an exported study to where no rule writes, and make a place for people's answers.

    Args:
        exported: ``results/<study>/human``.
        root: The folder of all frozen studies.

    Returns:
        ``<root>/<study id>``. What is there already stays as it is: an id stands for one content.

    Raises:
        FileNotFoundError: Nothing has been exported.
        ValueError: What was exported, or is there already, has been changed.
    """
    study = load_frozen(exported)
    target = Path(root) / study.study_id
    if target.exists():
        load_frozen(target)
        return target
    temporary = temporary_name(target)
    try:
        temporary.mkdir(parents=True)
        for name in EXPORTED:
            source = Path(exported) / name
            if source.is_dir():
                shutil.copytree(source, temporary / name, ignore=shutil.ignore_patterns(".*"))
            else:
                shutil.copy(source, temporary / name)
        for path in temporary.rglob("*"):
            if path.is_file():
                path.chmod(0o444)
        (temporary / "responses").mkdir()
        os.rename(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target
