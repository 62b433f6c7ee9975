"""One of each, added as the house promises: one module and one line; and a classifier of one's own through the whole workflow."""

import os
import re

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from PIL import Image

from overinterp.models import registry
from tests.workflow.running import ROOT, prepare, run

PAGE = ROOT / "docs/ARCHITECTURE.md"
EXAMPLE = re.compile(
    r"### (?P<kind>[^\n]+)\n.*?\n`(?P<file>[^`]+\.py)`\n\n```python\n(?P<content>.*?)\n```\n\n"
    r"`plan/(?P<listed>[^`]+)`, under `(?P<where>[^`]+)`\n\n```text\n(?P<line>.*?)\n```\n",
    re.DOTALL,
)
ADDED = [found.groupdict() for found in EXAMPLE.finditer(PAGE.read_text())]
CONFIG = """
studies:
  - name: toy
    data: {dataset: toy_stripes, train_images: 64, test_images: 24}
    architectures: [small_cnn]
    training: {epochs: 6, batch_size: 16}
    conditions:
      - {name: full}
      - {name: left, view: {mask: toy_left, paint: toy_negative, fraction: 0.5}}
    classifiers: [{name: edges, from: toy_edges, model: edges, expect: {accuracy: 1, within: 0.01}}]
    ensembles: [{name: both, members: [edges, small_cnn-full-0], average: probabilities}]
    searches: [{name: halving, method: toy_halving, runs: [{models: ["*-full-0", edges, both], split: test}]}]
    analysis: {search: halving, fractions: [0.5], views: [{mask: toy_left, paint: toy_negative}, {mask: kept}]}
    figures: [toy_ties, accuracy, pixel_heatmap, transfer]
"""


def test_one_of_each_is_one_module_and_one_line(tmp_path):
    """A toy data set, classifier source, search, mask, paint, table and figure run through the workflow."""
    folder = prepare(tmp_path)
    library = folder / "workflow/scripts/overinterp"
    before = {path: path.read_text() for path in folder.rglob("*") if path.suffix in (".py", ".smk", ".yaml")}
    assert len(ADDED) == PAGE.read_text().count("\n### ") == 7
    for example in ADDED:
        (library / example["file"]).write_text(f'"""Made for a test."""\n{example["content"]}\n')
        path = library / "plan" / example["listed"]
        path.write_text(path.read_text().replace(example["where"], f"{example['where']}\n{example['line']}"))
    for name in ("toy_ties.rst", "toy_ties_table.rst"):
        (folder / "workflow/report" / name).write_text("Steps decided by the tie rule, study {{ study }}.\n")
    (folder / "config/config.yaml").write_text(CONFIG)
    changed = {path: text for path, text in before.items() if path.read_text() != text and path.suffix != ".yaml"}
    assert {path.name for path in changed} == {"lists.py", "outputs.py"}
    lines = sum(len(path.read_text().splitlines()) - len(text.splitlines()) for path, text in changed.items())
    assert lines == len(ADDED)

    result = run(folder, "all")
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    results = folder / "results/toy"
    assert (results / "figures/toy_ties.png").stat().st_size > 1000
    table = pd.read_csv(results / "tables/toy_ties.csv")
    assert table.model.tolist() == ["small_cnn-full-0", "edges", "both"] and set(table.target) == {"predicted"}
    accuracy = pd.read_csv(results / "tables/accuracy.csv")
    seen = set(zip(accuracy.test_mask, accuracy.test_paint, strict=True))
    assert seen == {("all", "values"), ("toy_left", "toy_negative"), ("kept", "values")}
    edges = accuracy[(accuracy.model == "edges") & (accuracy.test_mask == "all")].iloc[0]
    assert edges.kind == "brought" and edges.source == "toy_edges" and edges.accuracy == 1
    assert "Nothing to be done" in (run(folder, "-n", "all").stdout + run(folder, "-n", "all").stderr)


PHOTOS = """
studies:
  - name: own
    data: {dataset: folder, path: photos, test_images: 20, unreadable: skip}
    classifiers:
      - {name: first, from: trained, model: small_cnn, weights: {file: first.pt}, preprocessing: {resize: 18, crop: 16, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25]}, expect: {accuracy: 1, within: 0.1}}
      - {name: second, from: trained, model: small_cnn, weights: {file: second.pt}, preprocessing: {resize: 18, crop: 16, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25]}}
    ensembles: [{name: both, members: ["*"], average: logits}]
    searches: [{name: exact, method: gradient, pixels_per_step: 1, runs: [{models: ["*"], split: test, images: 6, images_per_shard: 4}]}]
    analysis: {search: exact, fractions: [0.1]}
    tables: [sis_size_by_class, pixel_rings]
"""


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """Pictures of many sizes, red or green, two of them broken; and two networks that tell the colours apart."""
    folder = prepare(tmp_path_factory.mktemp("own"))
    rng = np.random.default_rng(0)
    for label, name in enumerate(("green", "red")):
        (folder / "photos/val" / name).mkdir(parents=True)
        for number in range(12):
            height, width = rng.integers(40, 90, 2)
            picture = rng.integers(0, 60, (height, width, 3))
            picture[..., 1 - label] += 150
            mode = "RGB" if number else "CMYK"
            image = Image.fromarray(picture.astype(np.uint8)).convert(mode)
            image.save(folder / "photos/val" / name / f"{number}.jpg", quality=90)
    for name in ("green/3.jpg", "red/5.jpg"):
        path = folder / "photos/val" / name
        path.write_bytes(path.read_bytes()[:300])
    for seed, name in enumerate(("first", "second")):
        torch.manual_seed(seed)
        network = registry.build("small_cnn", 3, 2)
        optimiser = torch.optim.Adam(network.parameters(), 0.02)
        for _ in range(60):
            labels = torch.randint(2, (32,))
            x = torch.rand(32, 3, 32, 32) * 0.25
            x[torch.arange(32), 1 - labels] += 0.6
            loss = nn_loss(network((x - 0.5) / 0.25), labels)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        torch.save(network.state_dict(), folder / f"{name}.pt")
    (folder / "config/config.yaml").write_text(PHOTOS)
    return folder


def nn_loss(logits, labels):
    return torch.nn.functional.cross_entropy(logits, labels)


def test_a_classifier_and_photographs_of_ones_own_need_no_training(photographs):
    result = run(photographs, "all")
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    assert "train_network" not in result.stdout + result.stderr
    results = photographs / "results/own"
    figures = {path.stem for path in (results / "figures").glob("*.png")}
    assert figures == {
        "sis_examples", "atlas", "pixel_heatmap", "confidence_curves", "sis_size_by_threshold", "sis_size_correct_incorrect", "accuracy", "transfer",
        "transfer_matrix",
        "mask_edges", "blanks", "dots",
    }  # fmt: skip
    data = pd.read_json(results / "data/data.json", typ="series")
    assert data["shape"] == [16, 16, 3] and data["geometry"]["resize"] == 18 and data["class_names"] == ["green", "red"]
    assert data["skipped"]["test"] <= 2 and data["blank"] == [0.5, 0.5, 0.5] and data["mean"] is None
    accuracy = pd.read_csv(results / "tables/accuracy.csv")
    assert set(accuracy[accuracy.test_mask == "all"].accuracy) == {1.0}
    transfer = pd.read_csv(results / "tables/transfer.csv")
    assert len(transfer) == 9 and set(transfer.source_kind) == {"brought", "ensemble"}
    classes = pd.read_csv(results / "tables/sis_size_by_class.csv")
    assert set(classes.class_name) <= {"green", "red"} and len(classes)
    assert "Nothing to be done" in "".join((again := run(photographs, "-n", "all")).stdout + again.stderr)
    (photographs / "photos/val/red/12.jpg").write_bytes((photographs / "photos/val/red/11.jpg").read_bytes())
    assert "list_files" in run(photographs, "-n", "all").stdout, "a new picture changes nothing"
    (photographs / "photos/val/red/12.jpg").unlink()
    (photographs / "photos/Thumbs.db").touch()  # the folder's own time is another then
    assert "Nothing to be done" in run(photographs, "-n", "all").stdout
    weights = photographs / "first.pt"
    kept, then = weights.read_bytes(), weights.stat().st_mtime_ns
    weights.write_bytes((photographs / "second.pt").read_bytes())
    os.utime(weights, (0, 0))
    assert "import_classifier" in run(photographs, "-n", "all").stdout, "other weights, of an older date, change nothing"
    weights.write_bytes(kept)
    os.utime(weights, ns=(then, then))
    assert "Nothing to be done" in run(photographs, "-n", "all").stdout
    what_is_known_afterwards_makes_no_search_again(photographs)


def what_is_known_afterwards_makes_no_search_again(photographs):
    """Boxes, and another accuracy that is expected: where a verdict is written it is looked at again.

    Part of the test above: one of its own might run in another process, which would make the study again.
    """
    files = sorted((photographs / "photos/val").glob("*/*.jpg"))
    boxes = "".join(f"{path.parent.name}/{path.name},0,0,20,{30 + n % 5}\n" for n, path in enumerate(files))
    (photographs / "boxes.csv").write_text("file,x0,y0,x1,y1\n" + boxes)
    config, shares = yaml.safe_load(PHOTOS), "results/own/tables/object_share.csv"
    (study,) = config["studies"]
    study["data"]["boxes"] = "boxes.csv"

    def told(accuracy, *arguments):
        study["classifiers"][0]["expect"] = {"accuracy": accuracy, "within": 0.1}
        (photographs / "later.yaml").write_text(yaml.safe_dump(config))
        found = run(photographs, *arguments, "--configfile", "later.yaml")
        text = found.stdout + found.stderr
        return found.returncode, text, set(re.findall(r"^(?:local)?rule (\w+):", text, re.MULTILINE))

    of_boxes = {"list_boxes", "make_table", "draw_figure", "write_verdict", "write_answers", "all"}
    assert told(0.95, "-n", "all")[2] == of_boxes
    code, text, rules = told(0.3, shares, "results/own/verdict.json")
    assert code == 1 and rules == {"list_boxes", "make_table", "write_verdict"}
    assert "classifier first: found accuracy 1.0000 on 20 images, expected 0.3 within 0.1" in text
    assert pd.read_csv(photographs / shares).box_share.between(0.05, 0.6).all()
    assert told(0.95, "-n", "results/own/verdict.json")[2] == {"write_verdict"}


def test_a_classifier_at_chance_stops_before_any_search(photographs):
    """Random weights know nothing."""
    state = torch.load(photographs / "first.pt", weights_only=True)
    torch.manual_seed(9)
    state |= {name: torch.randn_like(value) for name, value in state.items() if value.dim() > 1}
    torch.save(state, photographs / "bad.pt")
    config = yaml.safe_load(PHOTOS)
    study = config["studies"][0] | {"name": "bad"}
    first = study["classifiers"][0] | {"weights": {"file": "bad.pt"}}
    del first["expect"]
    (photographs / "bad.yaml").write_text(yaml.safe_dump({"studies": [study | {"classifiers": [first], "ensembles": []}]}))
    result = run(photographs, "all", "--configfile", "bad.yaml")
    text = result.stdout + result.stderr
    assert result.returncode == 1
    assert "expected more than chance" in text or "expected 1 within 0.1" in text, text[-3000:]
    assert not list(photographs.glob("results/bad/orderings/first/**/*.npz"))
