"""Beside ReX, on photographs: the images, network, threshold and blank of `peers_photographs.py`, which has to have run before.

    pip install -r requirements-peers.txt        # that script's; the file's head has the line that makes rex/
    python tests/benchmarks/rex_photographs.py results/photographs squeezenet docs/results/peers rex/bin/python

ReX asks for numpy 1.26.4 exactly: an environment of its own, in which this script starts itself again with nothing but a folder.
Its settings are its defaults (strategy `global`, 20 iterations, passes of one image, explanations that grow by 10 pixels a step)
but for the seed, 0, and the confidence that an explanation needs, a share of the image's own: set so that it is 0.9; and
`VARIANTS` of them. Masks of ReX hide with one number in all channels, 0 by default: it is shown images less the blank, and the
network has the blank added again. Passes are counted at the network; every mask is scored again here. Writes rex.csv, draws
photographs.png with the defaults, and prints the tables of docs/METHODS.md. About three quarters of an hour on two cores.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import torch

THRESHOLD = 0.9
VARIANTS = {  # what is set otherwise; a share is of the image's own confidence, such that it is `THRESHOLD`
    "rex": {},
    "rex, another seed": {"seed": 1},
    "rex, boxes that keep 0.9": {"confidence_filter": "share"},
}


def explain(folder: Path, variant: str) -> None:
    """In ReX's environment: of each image the pixels of its explanation, and the passes that it took."""
    from rex_xai.input.input_data import Data
    from rex_xai.lib import ReX
    from rex_xai.responsibility.prediction import from_pytorch_tensor

    network, passes = torch.export.load(folder / "network.pt2").module(), 0

    def predict(shown, target=None):
        nonlocal passes
        passes += len(shown)
        with torch.no_grad():
            return from_pytorch_tensor(network(shown), target)

    found = []
    for image in torch.load(folder / "images.pt").split(1):
        passes, shape = 0, list(image.shape)
        rex = ReX(None, shape, "cpu", "RGB", predict)
        rex.data = Data(None, shape, "cpu", "RGB")
        rex.set_transformed_data(image)
        rex.set_target()
        share = THRESHOLD / rex.data.target.confidence
        settings = {"seed": 0, "progress_bar": False, "minimum_confidence_threshold": share, **VARIANTS[variant]}
        for name, value in settings.items():
            setattr(rex.args, name, share if value == "share" else value)
        rex.calculate_responsibility()
        rex.extract_sufficient_explanation()
        found.append((rex.explanation.sufficiency_mask[0], passes))
        print(f"{variant}, image {len(found)}: {found[-1][0].sum()} pixels, {passes} passes, {rex.stats}", flush=True)
    torch.save(found, folder / f"{variant}.pt")


def main(results: Path, model: str, folder: Path, python: str) -> None:
    """Have ReX explain, score again, write, draw and print."""
    import pandas as pd
    from peers_photographs import NAMES, draw, summary  # which makes overinterp importable

    from overinterp import classifier
    from overinterp.artifacts.images import load_data_info, open_split
    from overinterp.artifacts.tables import read_table, write_table
    from overinterp.pixels import blank_tensor, to_float

    class Added(torch.nn.Module):
        """The network, of images less the blank."""

        def __init__(self):
            super().__init__()
            self.network = network
            self.register_buffer("blank", blank)

        def forward(self, x):
            """Logits."""
            return self.network(x + self.blank)

    info, others = load_data_info(results / "data/data.json"), read_table(folder / "photographs.csv")
    numbers = others.image.unique()
    network, blank = classifier.load(results / "models" / model, "cpu"), blank_tensor(info["blank"], "cpu")
    x = to_float(open_split(results / "data/test.csv", info).read(numbers), "cpu")
    with tempfile.TemporaryDirectory() as between:
        torch.save(x - blank, Path(between, "images.pt"))
        torch.export.save(torch.export.export(Added(), (x[:1] - blank,)), Path(between, "network.pt2"))
        for variant in VARIANTS:
            subprocess.run([python, __file__, between, variant], check=True, env=os.environ | {"TQDM_DISABLE": "1"})
        found = {variant: torch.load(Path(between, f"{variant}.pt")) for variant in VARIANTS}
    rows = []
    for variant, of_images in found.items():
        for number, image, (mask, passes) in zip(numbers, x, of_images, strict=True):
            with torch.no_grad():
                target = network(image[None]).argmax()
                confidence = network(torch.where(mask, image, blank).reshape(1, *image.shape)).double().softmax(1)[0, target]
            row = {"method": variant, "image": number, "threshold": THRESHOLD, "passes": passes, "size_pixels": int(mask.sum())}
            rows.append(row | {"confidence": confidence.item()})
    table = pd.DataFrame(rows)
    write_table(folder / "rex.csv", table)
    print(f"{(table.confidence >= THRESHOLD).sum()} of {len(table)} suffice when scored again")
    NAMES.update({variant: variant.replace("rex", "ReX") for variant in VARIANTS})
    print(summary(table))
    table = pd.concat([others, table[table.method == "rex"]])
    print(summary(table))
    draw(table, NAMES, ("ranked", "gradient"), mask.numel()).savefig(
        folder / "photographs.png", dpi=300, metadata={"Software": None}
    )


if __name__ == "__main__":
    if len(sys.argv) == 3:  # by this script itself
        explain(Path(sys.argv[1]), sys.argv[2])
    else:
        parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("results", type=Path)
        parser.add_argument("model")
        parser.add_argument("folder", type=Path)
        parser.add_argument("python")
        main(**vars(parser.parse_args()))
