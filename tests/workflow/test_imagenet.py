"""imagenet.yaml and imagenette.yaml in miniature, on a generated folder of photographs; nothing is stubbed.

The pictures are few and small, the networks small ones with random weights, the epochs one. Run are the studies that differ in what
they do: searches, views, tables and figures of those are all there, and a condition of each kind; one has boxes and a network of the
study of padding besides. The others are planned.
"""

import importlib.util
import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from PIL import Image
from torchvision.models import squeezenet1_0

from overinterp.artifacts.orderings import load_orderings
from overinterp.search.kept import Kept
from tests.workflow.running import ROOT, plan, prepare, run

RUN = ("imagenet", "imagenet_training")
CONDITIONS = ("full", "kept", "position", "border", "border_5")  # the others differ from these in their view alone
SYNSETS = ["n01440764", "n02102040", "n02979186", "n03000684", "n03028079"]


def pictures(folder):
    """Colour photographs of several sizes, brighter from class to class: 6 a class for training, 4 in ``val``, with boxes."""
    rng = np.random.default_rng(0)
    for place, count in (("train", 6), ("val", 4)):
        for label, synset in enumerate(SYNSETS):
            (folder / place / synset).mkdir(parents=True)
            for number in range(count):
                height, width = rng.integers(60, 90, 2)
                pixels = rng.integers(0, 60, (height, width, 3)) + 45 * label
                name = f"{synset}_{place}_{number}"
                Image.fromarray(pixels.astype(np.uint8)).save(folder / place / synset / f"{name}.JPEG", quality=95)
                box = f"<xmin>0</xmin><ymin>0</ymin><xmax>{width}</xmax><ymax>30</ymax>"
                (folder.parent / "annotations").mkdir(exist_ok=True)
                text = f"<annotation><filename>{name}</filename><object><bndbox>{box}</bndbox></object></annotation>"
                (folder.parent / "annotations" / f"{name}.xml").write_text(text)


def smaller(study):
    """A study of the two configs on so few images; its conditions, searches, views, tables and figures stay."""
    study["data"] |= {"path": "data/pictures", "test_images": 20, "preprocessing": {"resize": 50, "crop": 48}}
    if "train_images" in study["data"]:
        study["data"]["train_images"] = 30
    for entry in study.get("classifiers", []):
        entry |= {"weights": {"file": "data/squeezenet.pt"}, "expect": {"accuracy": 0, "within": 1}}
        entry["preprocessing"] = {"resize": 50, "crop": 48}
        entry["model"] = "squeezenet1_0" if entry["from"] == "torchvision" else entry["model"]
    if study["name"] == "imagenet":
        more = {"name": "shifted", "from": "python", "model": "config/padding.py:shifted", "trust": True}
        study["classifiers"].append(study["classifiers"][0] | more)
        study["data"]["boxes"] = "data/annotations"
        study["figures"] += ["object_share"]
    if "architectures" in study:
        study |= {"architectures": ["small_cnn"], "seeds": [0]}
        study["conditions"] = [named for named in study["conditions"] if named["name"] in CONDITIONS]
        study["training"] = {**study["training"], "epochs": 1, "schedule": "cosine", "batch_size": 16}
        study["training"]["processes"] = min(2, study["training"].get("processes", 1))
        text = yaml.safe_dump([study["conditions"], study["searches"]])
        study["conditions"], study["searches"] = yaml.safe_load(re.sub("small_resnet", "small_cnn", text))
    for search in study["searches"]:
        if search["method"] == "gradient":
            search["pixels_per_step"] = 256
        for part in search["runs"]:
            part |= {"images": 2 if "images" in part else "all", "images_per_shard": 15}
    study["analysis"] |= {"threshold": 0.001, "thresholds": [0.0005, 0.001]}  # nothing is known of the pictures
    return study


def miniature(names=None):
    configs = [yaml.safe_load((ROOT / "config" / name).read_text()) for name in ("imagenet.yaml", "imagenette.yaml")]
    copies = json.loads(json.dumps([study for config in configs for study in config["studies"]]))  # no part is shared any more
    return {"device": "cpu", "studies": [smaller(study) for study in copies if names is None or study["name"] in names]}


def printed(folder, config, *arguments):
    """What Snakemake prints of a config that goes through."""
    (folder / "config" / "config.yaml").write_text(yaml.safe_dump(config))
    result = run(folder, *arguments)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    return result.stdout


@pytest.fixture(scope="session")  # not "module": a process that steals tests may come to a module twice
def finished(once):
    config = miniature(RUN)

    def make(folder):
        pictures(prepare(folder) / "data" / "pictures")
        torch.manual_seed(0)
        torch.save(squeezenet1_0(weights=None).state_dict(), folder / "data" / "squeezenet.pt")
        printed(folder, config, "all")

    return once("imagenet", make), {study["name"]: study for study in config["studies"]}


@pytest.fixture
def folder(finished):
    return finished[0]


def test_every_table_and_figure_of_every_study_is_there(finished):
    folder, studies = finished
    for name, study in studies.items():
        for figure in study["figures"]:
            assert (folder / "results" / name / "figures" / f"{figure}.png").stat().st_size > 2000, (name, figure)
        for table in study.get("tables", []):
            assert "split" in pd.read_csv(folder / "results" / name / "tables" / f"{table}.csv"), (name, table)


def test_every_study_of_both_plans_once_its_pictures_are_there(folder):
    text = printed(folder, miniature(), "-n")
    for study in miniature()["studies"]:
        assert f"results/{study['name']}/figures/" in text


def test_training_images_have_masks_alone_and_networks_are_trained_on_them_in_processes(finished):
    folder, _ = finished
    shards = sorted((folder / "results/imagenet_training/orderings/inception_v3/gradient/train").glob("*.npz"))
    masks = load_orderings(shards)
    assert len(shards) == 2 and isinstance(masks, Kept) and len(masks) == 30
    assert (masks.kept_fraction(masks.fractions[0]).sum((1, 2)) == 232).all()  # ceil(9,001 / 89,401 of 2,304)
    for condition in CONDITIONS:
        info = json.loads((folder / f"results/imagenet_training/models/small_cnn-{condition}-0/model.json").read_text())
        assert info["training"]["processes"] == 2 and info["condition"]["name"] == condition


def test_rings_are_told_by_both_directions_of_search(finished):
    folder, _ = finished
    rings = pd.read_csv(folder / "results/imagenet/tables/pixel_rings.csv")
    assert set(rings.search) == {"gradient", "ranked"} and rings.share.between(0, 1).all()


def test_the_border_is_shown_beside_the_center_and_random_pixels(finished):
    folder, _ = finished
    table = pd.read_csv(folder / "results/imagenet_training/tables/border.csv")
    assert {"border", "kept", "position"} == set(table.test_mask[table.trained == "same"])
    own = table[(table.trained == "same") & (table.test_mask == "border")].groupby("fraction").model.unique().map(list)
    assert {round(width, 2): names for width, names in own.items()} == {
        width: [f"small_cnn-border{suffix}-0"] for width, suffix in ((0.05, "_5"), (0.1, ""))
    }
    known = table[(table.trained == "full") & (table.model == "inception_v3")]
    assert {"all", "border", "center", "random", "kept"} == set(known.test_mask)


def test_boxes_from_annotations_reach_the_table(finished):
    """The boxes, the upper 31 rows of pictures of 60 to 89, cut to 48 of 50 rows, are about a third to a half of what is shown."""
    folder, _ = finished
    table = pd.read_csv(folder / "results/imagenet/tables/object_share.csv")
    assert set(table.model) == {"inception_v3", "shifted"} and table.box_share.between(0.3, 0.55).all()


def test_variants_of_padding_are_what_they_say(folder):
    """Far from the edge a reflected network sees the same; a framed image stands in the mean colour; a shifted one goes round."""
    spec = importlib.util.spec_from_file_location("padding", ROOT / "config" / "padding.py")
    padding = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(padding)
    weights = torch.load(folder / "data" / "squeezenet.pt")
    plain, found, x = squeezenet1_0(weights=None), {}, torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    for name in ("reflected", "framed", "shifted"):
        found[name] = getattr(padding, name)()
        found[name].load_state_dict(weights)
    plain.load_state_dict(weights)
    with torch.no_grad():
        framed = torch.zeros(1, 3, 128, 128)
        framed[:, :, 32:96, 32:96] = x
        assert torch.allclose(found["framed"].eval()(x), plain.eval()(framed), atol=1e-5)
        assert torch.allclose(found["shifted"].eval()(x), plain(x.roll((112, 112), (2, 3))), atol=1e-5)
        constant = torch.ones(1, 3, 64, 64)
        features = found["reflected"].eval().features(constant)
        assert (features - features[:, :, :1, :1]).abs().max() < 1e-4 < (plain.features(constant).std((2, 3)).max())


@pytest.mark.parametrize("name", ["imagenet.yaml", "imagenette.yaml", "tinyimagenet.yaml", "own.yaml"])
def test_without_its_images_a_config_says_what_is_missing_and_where_to_get_it(name, tmp_path):
    shutil.copytree(ROOT / "config", tmp_path / "config")
    result = plan(tmp_path, config=ROOT / "config" / name)
    assert result.returncode != 0
    found = result.stdout + result.stderr
    assert re.search(
        r"config key studies\.\w+\.(data\.path|classifiers\.\w+\.weights\.file): found '\S+', expected an existing", found
    ), found
    home = {"imagenet.yaml": "https://image-net.org/download", "tinyimagenet.yaml": "tiny-imagenet-200.zip"}.get(name, "")
    assert home in found
