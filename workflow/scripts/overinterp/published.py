"""Numbers measured off the published figures, to print beside ours; never mixed with them."""

from __future__ import annotations

TEST_IMAGES = (10, 104, 67, 106, 227, 141, 4, 194, 1, 415)  # figure 1's images in the official order of the test set, by class
THRESHOLD = 0.99
# Figure 1: pixels of each image's subset, by architecture and whether adversarially trained; exact search by probability, one
# network each.
SIS_SIZE = {
    ("resnet18", False): (2, 29, 29, 29, 36, 38, 22, 58, 23, 19),
    ("resnet20", False): (1, 32, 7, 21, 23, 43, 29, 31, 23, 30),
    ("vgg16", False): (2, 23, 7, 35, 17, 32, 11, 18, 7, 30),
    ("resnet18", True): (5, 30, 5, 160, 50, 33, 43, 60, 36, 100),
}


def sis_sizes(dataset: str, model: dict, threshold: float) -> dict[int, int]:
    """Published sizes of sufficient input subsets of Carter et al. (2021), figure 1.

    Args:
        dataset: The study's; sizes are of CIFAR-10 alone.
        model: The columns that describe a classifier, as tables have them.
        threshold: Of confidence; sizes are at 0.99 alone.

    Returns:
        Pixels by number of the test image; empty where nothing was published. The architecture of the published adversarially
        robust network is not stated; its sizes stand beside ResNet18's.
    """
    sizes = SIS_SIZE.get((model["architecture"], bool(model["adversarial"])))
    plain = model["train_mask"] == "all" and model["keep_probability"] == 1
    if dataset != "cifar10" or threshold != THRESHOLD or sizes is None or not plain:
        return {}
    return dict(zip(TEST_IMAGES, sizes, strict=True))
