"""The pictures that a network knows: those of a folder's test/ that it has right and is half sure of at 224x224, and their boxes.

    python docs/results/objects/choose.py data/tinyimagenet20 mobilenet weights/mobilenet_v2-tf.pt data/objects

Writes data/objects/val/<WordNet id>/<file> (links) and data/objects/boxes.csv.
"""

import csv
import importlib.util
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from timm.data import ImageNetInfo
from torchvision.models import squeezenet1_0

SURE = 0.5
SIDE = 224
NORMALISED = {"mobilenet": ([0.5] * 3, [0.5] * 3), "squeezenet": ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])}


def build(name: str) -> torch.nn.Module:
    if name == "squeezenet":
        return squeezenet1_0(weights=None)
    spec = importlib.util.spec_from_file_location("mobilenet", Path(__file__).parents[1] / "photographs/mobilenet.py")
    spec.loader.exec_module(module := importlib.util.module_from_spec(spec))
    return module.build()


def main(source: Path, name: str, weights: Path, folder: Path) -> None:
    if folder.exists():
        sys.exit(f"{folder}: found a folder, expected none: remove it first")
    network = build(name).eval()
    network.load_state_dict(torch.load(weights, weights_only=True))
    mean, std = (torch.tensor(values).reshape(3, 1, 1) for values in NORMALISED[name])
    names = ImageNetInfo("imagenet-1k").label_names()
    known = set()
    for path in sorted((source / "test").glob("*/*.JPEG")):
        class_id = path.parent.name.split("_")[0]
        picture = Image.open(path).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        pixels = torch.from_numpy(np.array(picture, np.float32) / 255).permute(2, 0, 1)
        with torch.inference_mode():
            probability = network(((pixels - mean) / std)[None]).softmax(1)[0]
        if probability[names.index(class_id)] >= SURE:
            known.add(path.name)
            (folder / "val" / class_id).mkdir(parents=True, exist_ok=True)
            (folder / "val" / class_id / path.name).symlink_to(path.resolve())
    with (source / "boxes.csv").open() as lines, (folder / "boxes.csv").open("w") as out:
        rows = [row for row in csv.DictReader(lines) if row["split"] == "test" and row["file"] in known]
        writer = csv.DictWriter(out, ["file", "x0", "y0", "x1", "y1"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{len(known)} pictures of {len(list((folder / 'val').iterdir()))} classes")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], *map(Path, sys.argv[3:]))
