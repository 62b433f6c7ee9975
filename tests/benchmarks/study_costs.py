"""Size against cost of the searches of a finished study: ``python tests/benchmarks/study_costs.py results/<study> [threshold]``.

For each classifier and search of test images: forward passes an image (a backward pass counts as one), seconds of a core, and the
geometric mean of the sizes of the sufficient input subsets over the images that all its searches bring to the threshold.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow" / "scripts"))

from overinterp import sis
from overinterp.artifacts.orderings import load_orderings
from overinterp.search.stages import preset


def main(results: Path, threshold: float) -> None:
    for model in sorted((results / "orderings").iterdir()):
        found = {}
        for folder in sorted(model.iterdir()):
            if (folder / "test").is_dir():
                ordering = load_orderings(sorted((folder / "test").glob("*.npz")))
                subsets = sis.find_sis(ordering, threshold)
                sizes = pd.Series(np.where(subsets.status == sis.FOUND, subsets.size, np.nan), ordering.index)
                found[folder.name] = ordering, sizes
        shared = pd.concat({name: sizes for name, (_, sizes) in found.items()}, axis=1, join="inner")
        images = shared.dropna()
        print(f"{model.name}: {len(images)} images of {len(shared)} brought to {threshold:g} by all")
        for name, (ordering, _) in found.items():
            search = ordering.meta["search"]
            passes = preset(search["method"], ordering.pixels, search["pixels_per_step"]).forwards(ordering.pixels)
            logs = results.parents[1].glob(f"benchmarks/{results.name}/search_orderings/{model.name}-{name}-test-*.tsv")
            seconds = sum(pd.read_csv(path, sep="\t").cpu_time.sum() for path in logs) / len(ordering)
            sizes = images[name]
            mean, low, high = np.exp(np.log(sizes).mean()), sizes.min(), sizes.max()
            print(f"  {name:12} {passes:7,} passes  {seconds:6.1f} s  {mean:9,.0f} pixels ({low:,.0f} to {high:,.0f})")


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.9)
