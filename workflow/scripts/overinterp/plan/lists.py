"""The lists: what a config may name, and where the code of each is.

To add a data set, a classifier source, an architecture, a search, a mask or a paint is one module and one line here; tables and
figures have their list in `outputs`. The schema, the checks, the documentation and the rules read these lists. Nothing here is
imported by the code of jobs in a way that counts (see `overinterp.code_version`): a rule passes the references that its job
uses, so that a new line redoes nothing.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Dataset:
    """A data set.

    Attributes:
        module: That loads it.
        files: Whether it is read from image files when needed, or stored as one array a split.
        path: What `data.path` must be: 'file', 'folder', 'download' (a folder, made when absent) or None (no path).
        side: Of its images, in pixels, where all have one.
        classes: Their number, where it is known beforehand.
        channels: Of its images; of those of the user's own a guess, by which work is priced.
    """

    module: str
    files: bool = False
    path: str | None = None
    side: int | None = None
    classes: int | None = None
    channels: int = 3


DATASETS = {
    "digits": Dataset("overinterp.data.digits", side=8, classes=10, channels=1),
    "planted": Dataset("overinterp.data.planted", side=16, classes=4),
    "cifar10": Dataset("overinterp.data.cifar", path="download", side=32, classes=10),
    "cifar100": Dataset("overinterp.data.cifar", path="download", side=32, classes=100),
    "npz": Dataset("overinterp.data.npz", path="file"),
    "folder": Dataset("overinterp.data.folder", files=True, path="folder"),
    "files": Dataset("overinterp.data.files", files=True, path="file"),
}
ARCHITECTURES = {
    "small_cnn": "overinterp.models.small_cnn:SmallCNN",
    "small_resnet": "overinterp.models.small_resnet:SmallResNet",
    "resnet20": "overinterp.models.resnet_cifar:ResNet20",
    "resnet32": "overinterp.models.resnet_cifar:ResNet32",
    "resnet44": "overinterp.models.resnet_cifar:ResNet44",
    "resnet18": "overinterp.models.resnet18:ResNet18",
    "vgg16": "overinterp.models.vgg:VGG16",
    "resnet50": "overinterp.models.resnet50:ResNet50",
    "inception_v3": "overinterp.models.inception_v3:InceptionV3",
}
SOURCES = {
    "torchvision": "overinterp.models.sources.torchvision",
    "timm": "overinterp.models.sources.timm",
    "huggingface": "overinterp.models.sources.huggingface",
    "python": "overinterp.models.sources.python",
    "exported": "overinterp.models.sources.exported",
    "trained": "overinterp.models.sources.trained",
}
SEARCHES = {
    "exact": "overinterp.search.stages:exact",
    "gradient": "overinterp.search.stages:gradient",
    "refined": "overinterp.search.stages:refined",
    "ranked": "overinterp.search.stages:ranked",
}
MASKS = {
    "all": "overinterp.views.masks:everything",
    "kept": "overinterp.views.masks:kept",
    "random": "overinterp.views.masks:random",
    "border": "overinterp.views.masks:border",
    "center": "overinterp.views.masks:center",
    "matched": "overinterp.views.controls:matched",
    "swapped_same_class": "overinterp.views.controls:swapped_same_class",
    "swapped_other_class": "overinterp.views.controls:swapped_other_class",
}
CHOSEN = ["kept", "matched", "swapped_same_class", "swapped_other_class"]  # masks that orderings choose
PAINTS = {
    "values": "overinterp.views.paints:values",
    "position": "overinterp.views.paints:position",
    "shuffled": "overinterp.views.paints:shuffled",
}


def find(reference: str):
    """The module, or the object in it, that a reference ``package.module`` or ``package.module:name`` names."""
    module, _, name = reference.partition(":")
    found = importlib.import_module(module)
    return getattr(found, name) if name else found
