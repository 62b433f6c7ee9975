"""What is claimed, with its limit, and which table says what of which networks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from overinterp.claims.accuracies import border, positions, shown, students, trained, trained_above, trained_places, transferred
from overinterp.claims.subsets import (
    any_class,
    bare_dots,
    by_class,
    on_object,
    other_blanks,
    places,
    remedy,
    right_and_wrong,
    right_at_equal,
    rings,
    same_class,
    sizes,
)
from overinterp.published import SIS_SIZE


@dataclass(frozen=True)
class Claim:
    """A sentence that a table can confirm or not.

    Attributes:
        sentence: What is claimed, with the limit.
        published: What the paper prints for it.
        evidence: (folder, table, judge) each; a judge makes of the table rows of (networks, ours, verdict).
    """

    sentence: str
    published: str
    evidence: tuple[tuple[str, str, Callable[[pd.DataFrame], Iterator[tuple[str, str, str]]]], ...]


FORMS = {  # of `refined`, where it was not the present one
    "cifar10_gpu": "refined (first form)",
    "cifar10_leakage": "refined (first form)",
    "cifar10_seeds": "refined (from 128 pixels)",
    "cifar10_lengths": "refined (from 128 pixels)",
}
SAME = ("_epochs_200", "_200")  # of brought networks: one file of weights; some runs called them the former
_by_refined = partial(remedy, by="refined", exact=256)
_SEEDS = tuple(f"resnet20-full-{seed}" for seed in (0, 1, 2, 3, 4, 5, 6, 8))
_DROPOUT = tuple(f"resnet20-input_dropout-{seed}" for seed in range(5))
_SEARCHED_EXACTLY = tuple(f"resnet20-full-{seed}" for seed in range(8)) + _DROPOUT
_OTHERS = ("resnet20-adversarial-0", "vgg16-full15-0", "vgg16-full15-1")
_LENGTHS = ("resnet20-epochs_5-0", "resnet20-epochs_15-0", "resnet20_epochs_200")
_TRAINED_LONG = ("resnet20-epochs_60-0", "resnet20-epochs_200-0")
_BRIEFLY = ("at_0_5", "at_0_9", "at_0_99")  # comparisons of networks of 15 epochs on a fifth of the images
_BROUGHT = ("resnet20_200", "resnet32_200", "resnet44_200")
_PUBLISHED = ", ".join(
    f"{name.replace('resnet', 'ResNet').replace('vgg', 'VGG')} {np.mean(SIS_SIZE[name, False]):.1f}"
    for name in ("resnet18", "resnet20", "vgg16")
)
CLAIMS = (
    Claim(
        "Networks are 99 % sure of a class on fewer than 5 % of the pixels (mean size below 51.2 of 1,024)",
        f"ten images of figure 1: {_PUBLISHED} pixels",
        (
            ("cifar10_seeds", "sis_size_by_threshold", sizes("resnet20-full")),
            ("cifar10_exact", "sis_size_by_threshold", sizes("resnet20-full", search="exact")),
            ("cifar10_figure1", "sis_size_by_threshold", sizes(*_BROUGHT, search="exact")),
            ("cifar10_figure1", "easy_sis_size_by_threshold", sizes("resnet20_200", search="exact")),
            ("cifar10_exact_random", "sis_size_by_threshold", sizes("resnet20_200", search="exact")),
            ("cifar10_exact_random_32", "sis_size_by_threshold", sizes("resnet32_200", search="exact")),
            ("cifar10_exact_random_44", "sis_size_by_threshold", sizes("resnet44_200", search="exact")),
            ("cifar10_right", "sis_size_by_threshold", sizes(*_BROUGHT)),
            ("cifar10_remedies", "sis_size_by_threshold", sizes("resnet20-full", "resnet20-input_dropout", *_BROUGHT)),
            ("cifar10_dots", "dropout_sis_size_by_threshold", sizes("resnet20-full", "resnet20-input_dropout")),
            ("cifar10_dots", "null_sis_size_by_threshold", sizes("resnet20-full")),
            ("cifar10_cpu", "sis_size_by_threshold", sizes("resnet20-full")),
            ("cifar10_gpu", "sis_size_by_threshold", sizes("vgg16-full15", "ensemble_200")),
            ("cifar10_lengths", "sis_size_by_threshold", sizes("resnet20-epochs_60", "resnet20-epochs_200")),
        ),
    ),
    Claim(
        "They are as right on what gradient steps keep, 5 % on CIFAR-10 (whose images the paper searched exactly) and 10 % on "
        "ImageNet's classes (within 5 points of full images)",
        "99 % confidence on 5 %; no accuracy at hand",
        (
            ("cifar10_seeds", "accuracy", shown("kept", -0.05, True, *_SEEDS)),
            ("cifar10_gpu", "accuracy", shown("kept", -0.05, True, *_BROUGHT)),
            ("imagenet", "training_accuracy", shown("kept", -0.05, True, "small_resnet-full-0", "small_resnet-full-1")),
        ),
    ),
    Claim(
        "They are at chance on 5 % random pixels (within 5 points of it)",
        "9.98 % right, as quoted by others",
        (
            ("cifar10_seeds", "accuracy", shown("random", 0.05, False, *_SEEDS)),
            ("cifar10_gpu", "accuracy", shown("random", 0.05, False, *_BROUGHT)),
        ),
    ),
    Claim(
        "Networks trained on what a search keeps generalise to such images (ten points above students of random pixels)",
        "claimed; of 10 % on ImageNet: 71.4 % right, an Inception v3 (of how many answers is not at hand)",
        (
            ("cifar10_audit", "leakage", students("of_5", "of_15", "of_200")),
            ("cifar10_lengths", "controls", students("of_200")),
            ("cifar10_union", "leakage", students("union_200", "union_15", "other_15")),
            ("cifar10_refined_leak", "leakage", students("of_refined", "of_slopes", "of_subsets")),
            ("cifar10_refined_leak_32", "leakage", students("of_refined", "of_slopes", "of_subsets")),
            ("atlas", "leakage", students("of_squeezenet", "of_mobilenet")),
            ("imagenet", "training_accuracy", trained("kept")),
        ),
    ),
    Claim(
        "They generalise to corrupted test images as well (ten points above students of random pixels)",
        "an experiment of the paper (CIFAR-10-C); no result at hand",
        (
            ("cifar10_cpu", "accuracy", trained("backselect_0", corrupted=True)),
            ("cifar10_cpu", "accuracy", trained("backselect_1", corrupted=True)),
        ),
    ),
    Claim(
        "Objection: where they lie tells most of it (position alone reaches more than half of what kept pixels give above "
        "chance)",
        "not asked",
        (
            ("cifar10_audit", "leakage", positions("of_5", "of_15", "of_200", "of_200_other")),
            ("cifar10_lengths", "leakage", positions("of_60", "of_200", "of_brought")),
            ("cifar10_union", "leakage", positions("union_200", "union_15", "other_15")),
            ("cifar10_refined_leak", "leakage", positions("of_refined", "of_slopes", "of_subsets")),
            ("cifar10_refined_leak_32", "leakage", positions("of_refined", "of_slopes", "of_subsets")),
            ("atlas", "leakage", positions("of_squeezenet", "of_mobilenet")),
            ("imagenet", "training_accuracy", trained_places("position", "kept")),
            ("cifar10_cpu", "accuracy", trained_places("position_0", "backselect_0", corrupted=True)),
            ("cifar10_cpu", "accuracy", trained_places("position_1", "backselect_1", corrupted=True)),
        ),
    ),
    Claim(
        "Kept pixels crowd at the border of CIFAR-10's images (more than an even share on the outermost ring)",
        "an experiment of the paper; no result at hand",
        (
            ("cifar10_seeds", "pixel_rings", rings("masks", *_SEEDS, *_DROPOUT)),
            ("cifar10_gpu", "pixel_rings", rings("masks", *_BROUGHT, *_OTHERS)),
            ("cifar10_seeds", "pixel_rings", rings("refined", *_SEEDS)),
            ("cifar10_right", "pixel_rings", rings("refined", *_BROUGHT)),
            ("cifar10_gpu", "pixel_rings", rings("refined", "vgg16-full15-0", "vgg16-full15-1")),
            ("cifar10_remedies", "pixel_rings", rings("refined", *_DROPOUT, "resnet20-adversarial-0")),
            ("cifar10_audit", "pixel_rings", rings("gradient", *_LENGTHS)),
            ("cifar10_lengths", "pixel_rings", rings("gradient", *_TRAINED_LONG)),
            ("cifar10_lengths", "pixel_rings", rings("refined", *_TRAINED_LONG)),
            ("cifar10_exact", "pixel_rings", rings("exact", *_SEARCHED_EXACTLY)),
            *(
                (folder, table, rings(search, *networks))
                for folder, table, networks in (
                    ("cifar10_figure1", "pixel_rings", _BROUGHT),
                    ("cifar10_figure1", "easy_pixel_rings", _BROUGHT[:1]),
                    ("cifar10_exact_random", "pixel_rings", _BROUGHT[:1]),
                    ("cifar10_exact_random_32", "pixel_rings", _BROUGHT[1:2]),
                    ("cifar10_exact_random_44", "pixel_rings", _BROUGHT[2:]),
                )
                for search in ("exact", "gradient")
            ),
        ),
    ),
    Claim(
        "Objection: so do those of a network that learnt shuffled labels, and knows no class (more than an even share on the "
        "outermost ring)",
        "not asked",
        (("cifar10_union", "pixel_rings", rings("gradient", "resnet20_shuffled")),),
    ),
    Claim(
        "Kept pixels crowd at the border of ImageNet's photographs (more than an even share in the outermost 8 of 224 pixels)",
        "an experiment of the paper; no result at hand",
        (
            ("photographs", "pixel_rings", rings("gradient", "squeezenet", "mobilenet", outermost=8)),
            ("photographs", "pixel_rings", rings("ranked", "squeezenet", "mobilenet", outermost=8)),
        ),
    ),
    Claim(
        "The same with the network's edge treated otherwise: padded by reflection; the image in a frame; the image moved by half",
        "not asked",
        (
            ("photographs", "padding_rings", rings("gradient", "reflected", "framed", "shifted", outermost=8)),
            ("photographs", "padding_places", places("ranked", "reflected", "framed", "shifted")),
        ),
    ),
    Claim(
        "Ensembling mitigates (larger subsets, same images)",
        "claimed",
        (
            (
                "cifar10_remedies",
                "mitigation",
                _by_refined("ensemble of 3", "brought_at_0_9", "brought_at_0_99"),
            ),
            (
                "cifar10_remedies",
                "mitigation",
                _by_refined("ensembles of 3", "ensembles_at_0_9", "ensembles_at_0_99"),
            ),
            ("cifar10_cpu", "mitigation", _by_refined("ensemble of 3", *_BRIEFLY)),
        ),
    ),
    Claim(
        "Input dropout mitigates (larger subsets, dropout off in the search)",
        "claimed",
        (
            (
                "cifar10_remedies",
                "mitigation",
                _by_refined("input dropout", "dropout_at_0_9", "dropout_at_0_99"),
            ),
            ("cifar10_exact", "mitigation", remedy("input dropout", "dropout_at_0_9", "dropout_at_0_99", by="exact search")),
            ("cifar10_dots", "dropout_mitigation", _by_refined("input dropout", "at_0_9", "at_0_99")),
            ("cifar10_cpu", "mitigation", _by_refined("input dropout", *_BRIEFLY)),
        ),
    ),
    Claim(
        "Right answers rest on more pixels than wrong ones",
        "an experiment of the paper; no result at hand",
        (
            ("cifar10_seeds", "sis_size_correct_incorrect", right_and_wrong("resnet20-full")),
            ("cifar10_right", "sis_size_correct_incorrect", right_and_wrong(*_BROUGHT)),
            ("cifar10_refined_leak", "sis_size_correct_incorrect", right_and_wrong("resnet20_200")),
            ("cifar10_dots", "sis_size_correct_incorrect", right_and_wrong("resnet32_200", "resnet44_200")),
            ("photographs", "sis_size_correct_incorrect", right_and_wrong("squeezenet", "mobilenet")),
            ("photographs", "gradient_sis_size_correct_incorrect", right_and_wrong("squeezenet", "mobilenet")),
        ),
    ),
    Claim(
        "They rest on more than wrong ones of whose whole image the network is as sure (ratio above 1)",
        "not asked",
        (
            ("cifar10_right", "sis_size_correct_incorrect", right_at_equal("at_equal_confidence", *_BROUGHT)),
            ("cifar10_refined_leak", "sis_size_correct_incorrect", right_at_equal("at_equal_confidence", "resnet20_200")),
            (
                "cifar10_dots",
                "sis_size_correct_incorrect",
                right_at_equal("at_equal_confidence", "resnet32_200", "resnet44_200"),
            ),
            ("photographs", "sis_size_correct_incorrect", right_at_equal("at_equal_confidence", "squeezenet", "mobilenet")),
            (
                "photographs",
                "gradient_sis_size_correct_incorrect",
                right_at_equal("at_equal_confidence", "squeezenet", "mobilenet"),
            ),
        ),
    ),
    Claim(
        "An adversarially trained network's subsets are larger",
        "ten images of figure 1: 52.2 pixels (architecture not stated)",
        (("cifar10_remedies", "mitigation", _by_refined("adversarial", "adversarial_at_0_5")),),
    ),
    Claim(
        "Objection: some pixels make a network sure of a class that is not there (on more than a quarter of the images)",
        "not asked",
        (
            ("cifar10_gpu", "wrong_class", any_class),
            ("cifar10_verdict", "wrong_class", any_class),
            ("cifar10_verdict", "resnet32_wrong_class", any_class),
            ("photographs", "wrong_class", any_class),
        ),
    ),
    Claim(
        "Objection: most subsets do not suffice on another blank (under each of five other fills fewer than half of them do)",
        "not asked",
        (
            ("cifar10_gpu", "blanks", other_blanks("resnet20-full", *_BROUGHT, "resnet20-input_dropout", "ensemble_30")),
            ("cifar10_leakage", "blanks", other_blanks("resnet20_epochs_200")),
            ("cifar10_verdict", "blanks", other_blanks("resnet20_epochs_200")),
            ("photographs", "blanks", other_blanks("squeezenet", "mobilenet")),
            ("photographs", "gradient_blanks", other_blanks("squeezenet", "mobilenet")),
        ),
    ),
    Claim(
        "Objection: where a subset's pixels lie says much of it (its network surer by more than 0.25 of bare dots there than at "
        "random places)",
        "not asked",
        (
            ("cifar10_refined_leak", "dots", bare_dots),
            ("cifar10_verdict", "dots", bare_dots),
            ("cifar10_dots", "dots", bare_dots),
            ("cifar10_dots", "null_dots", bare_dots),
            ("cifar10_dots", "dropout_dots", bare_dots),
            ("cifar10_exact_random_32", "dots", bare_dots),
            ("cifar10_exact_random_44", "dots", bare_dots),
            ("photographs_dots", "dots", bare_dots),
            ("photographs_dots", "gradient_dots", bare_dots),
            ("atlas", "dots", bare_dots),
        ),
    ),
    Claim(
        "Kept pixels convince another network (it is right on them by ten points more than a guess)",
        "an experiment of the paper; no result at hand",
        (
            ("cifar10_gpu", "transfer", transferred("another seed")),
            ("cifar10_gpu", "transfer", transferred("another classifier")),
            ("cifar10_cpu", "transfer", transferred("another seed")),
            ("cifar10_cpu", "transfer", transferred("another classifier")),
            ("photographs", "transfer", transferred("another classifier")),
        ),
    ),
    Claim(
        "ImageNet: a network that knows whole images recognises a frame of border pixels alone (above 5 % of 1,000 classes, and "
        "above as many random pixels)",
        "claimed: border pixels suffice for testing (which ones, of what its search keeps, is not at hand)",
        (("imagenet", "border", border(0.05, (0.1, 0.3, 0.6), "squeezenet", "mobilenet")),),
    ),
    Claim(
        "ImageNet: networks trained on border pixels learn something (ten of its classes, 10 % of the pixels: above 20 %)",
        "claimed: border pixels suffice for training",
        (("imagenet", "training_accuracy", trained_above("border", 0.2)),),
    ),
    Claim(
        "ImageNet: they generalise as networks of kept pixels are asked to (ten points above students of random pixels)",
        "as above",
        (("imagenet", "training_accuracy", trained("border")),),
    ),
    Claim(
        "Objection: the kept 10 % do regard the object (more of them in its box than of other images' kept pixels, laid there)",
        "not asked",
        tuple(
            (folder, table, on_object(search, *models))
            for folder, table, models in (
                ("objects", "object_share", ("mobilenet",)),
                ("objects", "squeezenet_object_share", ("squeezenet",)),
                ("atlas", "object_share", ("squeezenet", "mobilenet")),
                ("imagenet", "object_share", ("small_resnet-full-0", "small_resnet-full-1")),
            )
            for search in ("gradient", "ranked")
        ),
    ),
    Claim("People cannot tell what is left", "claimed", ()),
    Claim(
        "Objection: how many pixels it takes goes mostly with the class (more than half of the variance of log sizes lies "
        "between classes)",
        "not asked",
        (
            ("cifar10_refined_leak", "sis_size_by_threshold", by_class("resnet20_200")),
            ("cifar10_verdict", "sis_size_by_threshold", by_class("resnet20_epochs_200")),
            ("cifar10_verdict", "resnet32_sis_size_by_threshold", by_class("resnet32_epochs_200")),
            ("cifar10_dots", "sis_size_by_threshold", by_class("resnet32_200", "resnet44_200")),
            ("cifar10_dots", "null_sis_size_by_threshold", by_class("resnet20-full", "resnet20-shuffled")),
            ("cifar10_dots", "dropout_sis_size_by_threshold", by_class("resnet20-full", "resnet20-input_dropout")),
            ("atlas", "sis_size_by_threshold", by_class("squeezenet", "mobilenet")),
        ),
    ),
    Claim(
        "Objection: on average over classes, images that do not show a class need as many pixels of it as images taken for it "
        "(within a quarter)",
        "not asked",
        (("cifar10_verdict", "wrong_class", same_class), ("cifar10_verdict", "resnet32_wrong_class", same_class)),
    ),
    Claim(
        "Right answers rest on more pixels than wrong ones that are taken for the same class (ratio above 1)",
        "not asked",
        (
            ("cifar10_refined_leak", "sis_size_correct_incorrect", right_at_equal("of_same_class", "resnet20_200")),
            (
                "cifar10_dots",
                "sis_size_correct_incorrect",
                right_at_equal("of_same_class", "resnet32_200", "resnet44_200"),
            ),
        ),
    ),
)
