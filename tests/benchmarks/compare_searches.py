"""The searches of a finished study compared: ``python tests/benchmarks/compare_searches.py results/<study> [threshold]``.

For each classifier and search of test images: forward passes (a backward pass counts as one) and seconds of a core an image; over
the images that all its searches bring to the threshold the geometric mean and range of the sizes of the sufficient input subsets,
the share of their pixels on the outermost rings (1 of 28 of a side), and on how many another classifier gives the same class;
and the mean confidence on the kept tenth of the pixels.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow" / "scripts"))

from overinterp import classifier, sis
from overinterp.artifacts.images import load_data_info, open_split
from overinterp.artifacts.orderings import load_orderings
from overinterp.evaluation import logits
from overinterp.search.stages import preset
from overinterp.views.masks import Masks
from overinterp.views.view import masked_view


def main(results: Path, threshold: float) -> None:
    """Print a paragraph a classifier."""
    info = load_data_info(results / "data" / "data.json")
    source = open_split(results / "data" / "test.csv", info)
    models = sorted(folder.name for folder in (results / "orderings").iterdir())
    networks = {model: classifier.load(results / "models" / model, "cpu") for model in models}

    def shown(model: str, ordering, masks) -> torch.Tensor:
        """Logits of a classifier on so much of the images."""
        place = {number: row for row, number in enumerate(ordering.index.tolist())}
        view = masked_view(info["blank"], Masks(lambda numbers: masks[[place[number] for number in numbers.tolist()]]))
        return torch.from_numpy(logits(networks[model], source, ordering.index, view))

    for model in models:
        folders = sorted(folder / "test" for folder in (results / "orderings" / model).iterdir() if (folder / "test").is_dir())
        found = {folder.parent.name: load_orderings(sorted(folder.glob("*.npz"))) for folder in folders}
        subsets = {name: sis.find_sis(ordering, threshold) for name, ordering in found.items()}
        sizes = {
            name: pd.Series(np.where(subsets[name].status == sis.FOUND, subsets[name].size, np.nan), ordering.index)
            for name, ordering in found.items()
        }
        searched = pd.concat(sizes, axis=1, join="inner")
        images = searched.dropna()
        print(f"{model}: {len(images)} images of {len(searched)} brought to {threshold:g} by all")
        for name, ordering in found.items():
            search, here = ordering.meta["search"], np.isin(ordering.index, images.index)
            passes = preset(search["method"], ordering.pixels, search["pixels_per_step"]).forwards(ordering.pixels)
            logs = results.parents[1].glob(f"benchmarks/{results.name}/search_orderings/{model}-{name}-test-*.tsv")
            seconds = sum(pd.read_csv(path, sep="\t").cpu_time.sum() for path in logs) / len(ordering)
            mean, low, high = np.exp(np.log(images[name]).mean()), images[name].min(), images[name].max()
            masks, rings = sis.masks(ordering, subsets[name]), max(1, ordering.height // 28)
            border = np.ones(masks.shape[1:], bool)
            border[rings:-rings, rings:-rings] = False
            share = (masks & border)[here].sum() / masks[here].sum()
            target = torch.from_numpy(ordering.target)[:, None]
            kept = shown(model, ordering, ordering.kept_fraction(0.1)).double().softmax(1).gather(1, target).mean()
            print(f"  {name}: {passes:,} passes, {seconds:.1f} s, {mean:,.0f} pixels ({low:,.0f} to {high:,.0f}), of these")
            print(f"    {share:.3f} in the outermost {rings} (uniform {border.mean():.3f}); kept tenth {kept:.2f}", end="")
            for other in models:
                if other != model:
                    same = (shown(other, ordering, masks).argmax(1, keepdim=True) == target)[here].sum()
                    print(f"; {other} agrees on {same}", end="")
            print()


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.9)
