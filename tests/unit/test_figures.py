"""Figures draw what the data say, legibly, and the same bytes twice."""

import dataclasses
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from overinterp import published, sis
from overinterp.evaluation import sis_sizes
from overinterp.figures import (
    accuracy,
    adversarial,
    confidence_curves,
    mitigation,
    pixel_heatmap,
    planted_recovery,
    sis_examples,
    sis_size_by_threshold,
    sis_size_correct_incorrect,
    style,
    transfer,
)
from overinterp.search.ordering import Ordering


def orderings(n=30, side=8, classes=5, seed=0, wrong=0):
    rng = np.random.default_rng(seed)
    pixels = side * side
    order = rng.permuted(np.tile(np.arange(pixels), (n, 1)), axis=1).astype(np.uint16)
    odds = np.sort(rng.normal(0, 4, (n, pixels + 1)), axis=1)[:, ::-1].astype(np.float32)
    label = np.arange(n) % classes
    predicted = np.where(np.arange(n) < wrong, (label + 1) % classes, label)
    zeros = np.zeros(n, np.int64)
    removed = np.tile(np.arange(pixels + 1, dtype=np.int32), (n, 1))
    return Ordering(order, removed, odds, predicted, label, predicted, np.arange(n), zeros, zeros, side, side)


def network(name, seed=0, architecture="small_cnn"):
    model = f"{architecture}-{name}-{seed}"
    return {"model": model, "kind": "network", "architecture": architecture, "condition": name, "seed": seed}


ENSEMBLE = {"model": "both", "kind": "ensemble", "architecture": np.nan, "condition": "both", "seed": np.nan}


def size_table(models, wrong=0, thresholds=(0.5, 0.9)):
    parts = []
    for number, model in enumerate(models):
        part = sis_sizes(orderings(seed=number, wrong=wrong), list(thresholds))
        parts.append(part.assign(**model))
    return pd.concat(parts, ignore_index=True)


def texts(figure):
    return " ".join(text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text")))


NETWORKS = [network("full", seed) for seed in range(3)] + [network("input_dropout", 0, "small_resnet")]
ENSEMBLES = [{**ENSEMBLE, "model": name, "condition": name} for name in ("ensemble_logits", "ensemble_probabilities")]


def transfer_table(models):
    rows = [
        {"source": a["model"], "target": b["model"], "mean_confidence": 1.0, "accuracy": 0.5, "images": 360, "fraction": 0.0625,
         **{f"source_{key}": a[key] for key in ("architecture", "condition", "seed")}}
        for a in models for b in models
    ]  # fmt: skip
    return pd.DataFrame(rows)


def planted_table(**changed):
    row = {
        "search": "gradient", "strength": 0.5, "threshold": 0.9, "precision": 0.8, "precision_low": 0.7, "precision_high": 0.9,
        "uniform_precision": 0.06, "touch_share": 1.0, "uniform_touch_share": 0.3, "found": 1000, "none": 10, "empty": 20,
    }  # fmt: skip
    return pd.DataFrame([{**model, **row, **changed} for model in [*NETWORKS, *ENSEMBLES]])


def every_figure():
    """Each figure of data of realistic shapes: 8x8 grey of 10 classes, 16x16 colour of 4 classes."""
    rng = np.random.default_rng(0)
    digits = [orderings(200, 8, 10, seed, wrong=40) for seed in range(6)]
    colour = orderings(40, 16, 4, wrong=5)
    groups = style.grouped([*NETWORKS, *ENSEMBLES], digits)
    shown = {style.network_name(m): o for m, o in zip([*NETWORKS[2:], *ENSEMBLES], digits, strict=False)}
    grey, rgb = (rng.integers(0, 256, shape, dtype=np.uint8) for shape in ((200, 8, 8, 1), (40, 16, 16, 3)))
    sizes = size_table([*NETWORKS, *ENSEMBLES], wrong=14, thresholds=(0.5, 0.7, 0.9, 0.95, 0.99))
    yield "sis_examples, digits", sis_examples.draw(grey, list("0123456789"), shown, 0.9)
    names = ["disc", "square", "triangle", "cross"]
    yield "sis_examples, colour", sis_examples.draw(rgb, names, {"CNN, full images, 0": colour}, 0.99)
    yield "pixel_heatmap", pixel_heatmap.draw(groups, 0.0625)
    yield "pixel_heatmap, one", pixel_heatmap.draw({"CNN, full images": [colour]}, 0.05)
    yield "confidence_curves", confidence_curves.draw(groups)
    yield "confidence_curves, one", confidence_curves.draw({"CNN, full images": [colour]})
    yield "sis_size_by_threshold", sis_size_by_threshold.draw(sizes)
    yield "sis_size_by_threshold, none", sis_size_by_threshold.draw(sizes.assign(status="none"))
    yield "sis_size_correct_incorrect", sis_size_correct_incorrect.draw(sizes)
    yield "sis_size_correct_incorrect, none", sis_size_correct_incorrect.draw(sizes.assign(correct=True))
    yield "accuracy", accuracy.draw(accuracy_table())
    corrupted = accuracy_table().assign(split="corrupted", corruptions="generated")
    yield "accuracy, corrupted", accuracy.draw(pd.concat([accuracy_table(), corrupted]))
    yield "mitigation", mitigation.draw(mitigation_table())
    yield "mitigation, no corruptions", mitigation.draw(mitigation_table().assign(corrupted_accuracy=np.nan))
    yield "mitigation, none", mitigation.draw(mitigation_table().assign(matched_images=0, matched_images_scaled=0))
    attacked = size_table([network("full"), network("adversarial", 0)])
    yield "adversarial", adversarial.draw(attacked, ["adversarial"])
    yield "adversarial, none", adversarial.draw(attacked, ["other"])
    yield "transfer", transfer.draw(transfer_table([*NETWORKS, *ENSEMBLES]))
    yield "planted_recovery", planted_recovery.draw(planted_table())


def test_every_figure_is_a_column_wide_and_its_words_are_legible_and_inside():
    for name, figure in every_figure():
        figure.draw_without_rendering()
        assert figure.get_figwidth() == pytest.approx(8.5 / 2.54), name
        drawn, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
        assert min(drawn.x0, drawn.y0, width - drawn.x1, height - drawn.y1) > -0.005, name
        assert all(text.get_fontsize() >= 6.5 for text in figure.findobj(Text) if text.get_text().strip()), name
        style.plt.close(figure)


def test_figures_do_without_torch():
    modules = ["accuracy", "confidence_curves", "pixel_heatmap", "planted_recovery", "sis_examples"]
    modules += ["sis_size_by_threshold", "sis_size_correct_incorrect", "transfer"]
    imports = ", ".join(f"plot_{module}" for module in modules)
    code = f"import sys; sys.path[:0] = {sys.path!r}; import {imports}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_same_data_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        style.save(pixel_heatmap.draw({"net": [orderings()]}, 0.1), tmp_path / f"{name}.pdf", tmp_path / f"{name}.png")
    for suffix in ("pdf", "png"):
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


def test_heat_map_shares_by_hand():
    """Two images that keep the last 2 of 4 pixels: {2, 3} and {1, 3}."""
    order = np.array([[0, 1, 2, 3], [0, 2, 1, 3]], np.uint16)
    removed, odds, zeros = np.tile(np.arange(5, dtype=np.int32), (2, 1)), np.zeros((2, 5), np.float32), np.zeros(2, np.int64)
    ordering = Ordering(order, removed, odds, zeros, zeros, zeros, zeros, zeros, zeros, 2, 2)
    assert pixel_heatmap.shares([ordering], 0.5).tolist() == [[0, 0.5], [0.5, 1]]
    image = pixel_heatmap.draw({"net": [ordering]}, 0.5).axes[0].images[0]
    assert image.get_array().tolist() == [[0, 50], [50, 100]]


def test_confidence_is_read_at_the_last_column_before():
    ordering = orderings(n=2, side=2)
    steps = Ordering(**{**ordering.__dict__, "removed": np.array([[0, 2, 4, 4, 4]] * 2, np.int32)})
    assert pixel_heatmap.confidence_at(steps, 3).tolist() == steps.confidence[:, 1].tolist()
    assert confidence_curves.curves(steps, np.array([4, 3, 2, 1]))[0].tolist() == [steps.confidence[0, c] for c in (0, 0, 1, 1)]


def test_confidence_may_be_asked_for_other_numbers_of_pixels_in_each_image():
    ordering = orderings(n=2, side=2)
    assert pixel_heatmap.confidence_at(ordering, np.array([1, 3])).tolist() == ordering.confidence[[0, 1], [1, 3]].tolist()


def test_curves_show_every_group_with_its_n():
    figure = confidence_curves.draw(
        {"one": [orderings(), orderings(seed=1)], "two": [orderings(seed=2)], "three": [orderings(seed=3)]}
    )
    assert "(2 seeds × 30 images)" in texts(figure) and "two" in texts(figure)


def test_none_empty_and_unreached_images_enter_no_mean():
    table = size_table([network("full")])
    table.loc[table.index[:5], ["status", "size_pixels"]] = ["none", -1]
    table.loc[table.index[5:9], "full_at_threshold"] = False
    found = sis_size_by_threshold.sizes(table)
    used = table[(table.status == "found") & table.full_at_threshold & (table.threshold == 0.5)]
    row = found[found.threshold == 0.5].iloc[0]
    assert row["mean"] == pytest.approx(used.size_pixels.mean()) and row.subsets == len(used)
    assert row.low <= row["mean"] <= row.high


def test_sizes_draw_networks_pooled_over_seeds_and_each_ensemble():
    figure = sis_size_by_threshold.draw(size_table([network("full", 0), network("full", 1), ENSEMBLE]))
    assert len(figure.axes[0].lines) == 2
    assert "CNN, full images, 2 seeds (" in texts(figure) and "30 images each" in texts(figure)


def test_fewer_than_ten_wrong_answers_give_no_point_but_words():
    few = sis_size_correct_incorrect.draw(size_table([network("full")], wrong=3))
    assert "nothing to compare" in texts(few)
    table = size_table([network("full", 0), network("full", 1)], wrong=14)
    found = sis_size_correct_incorrect.differences(table)
    assert (found.incorrect >= 10).all() and len(found)
    assert "wrong answers" in texts(sis_size_correct_incorrect.draw(table))


def test_a_known_difference_is_found():
    table = size_table([network("full")], wrong=14, thresholds=(0.5,))
    table["size_pixels"] = np.where(table.correct, 30, 20)
    table["status"], table["full_at_threshold"] = "found", True
    assert sis_size_correct_incorrect.differences(table).difference.iloc[0] == pytest.approx(0.5)


def test_every_wrong_answer_weighs_the_same_whichever_network_gave_it():
    """One network is wrong once, on 90 pixels, the other eleven times, on 30: the mean is 35, not 60."""
    table = size_table([network("full", 0), network("full", 1)], thresholds=(0.5,))
    table["size_pixels"], table["status"], table["full_at_threshold"], table["correct"] = 70, "found", True, True
    first = table.model == "small_cnn-full-0"
    table.loc[first & (table["index"] < 1), ["size_pixels", "correct"]] = [90, False]
    table.loc[~first & (table["index"] < 11), ["size_pixels", "correct"]] = [30, False]
    found = sis_size_correct_incorrect.differences(table).iloc[0]
    assert found.difference == pytest.approx(70 / 35 - 1) and found.incorrect == 12


PLAIN = {"keep_probability": 1, "adversarial": False, "teacher": "", "split": "test", "corruptions": ""}


def accuracy_table():
    rows = []
    for condition, train, fraction in [
        ("full", "full", 1),
        ("backselect_4", "backselect", 0.1),
        ("position_4", "position_only", 0.1),
    ]:
        for seed in (0, 1):
            described = {**network(condition, seed), "train_view": train, "train_fraction": fraction, **PLAIN}
            for view in ("full", "backselect", "random", "position_only"):
                rows.append(
                    {
                        **described,
                        "test_view": view,
                        "test_fraction": 1 if view == "full" else 0.1,
                        "accuracy": 0.1 * len(rows) % 1,
                    }
                )
    rows.append(
        {
            **ENSEMBLE,
            "train_view": "full",
            "train_fraction": 1,
            **PLAIN,
            "test_view": "full",
            "test_fraction": 1,
            "accuracy": 0.9,
        }
    )
    return pd.DataFrame(rows).assign(images=30, classes=5)


def test_accuracy_rows_pair_training_and_test_views():
    panels = dict(accuracy.lines(accuracy_table()))
    names = [name for name, _, _ in panels["trained → tested on 10 % of the pixels"]]
    assert names == ["CNN: full → kept", "CNN: full → random", "CNN: kept → kept", "CNN: positions → positions"]
    assert [name for name, _, _ in panels["full images"]] == ["CNN, full images", "both"]


def test_accuracy_of_two_teachers_and_of_corrupted_images_has_lines_of_its_own():
    table = accuracy_table()
    first = table.assign(teacher=np.where(table.train_view == "full", "", "small_cnn-full-0"))
    second = first[first.train_view != "full"].assign(condition=lambda rows: rows.condition + "_b", teacher="small_cnn-full-1")
    both = pd.concat([first, second])
    panels = dict(accuracy.lines(pd.concat([both, both.assign(split="corrupted", corruptions="generated", images=20)])))
    names = [name for name, _, _ in panels["trained → tested on 10 % of the pixels"]]
    assert names[2:4] == ["CNN: kept → kept, by 0", "CNN: kept → kept, by 1"]
    assert "full images, corrupted (generated)" in panels


def mitigation_table():
    row = {
        "kind": "network", "networks": 3, "threshold": 0.9, "accuracy": 0.9, "corrupted_accuracy": 0.7,
        "calibration_error": 0.05, "calibration_error_scaled": 0.02, "searched_images": 64, "matched_images": 30,
        "matched_images_scaled": 20, "size_ratio": 1.3, "size_ratio_low": 1.1, "size_ratio_high": 1.6, "size_ratio_scaled": 1.1,
        "size_ratio_low_scaled": 0.9, "size_ratio_high_scaled": 1.4,
    }  # fmt: skip
    groups = [
        ("CNN", "CNN"),
        ("CNN", "input dropout"),
        ("CNN", "ensemble of 5"),
        ("ResNet", "ResNet"),
        ("ResNet", "ensemble of 5"),
    ]
    return pd.DataFrame([{**row, "comparison": comparison, "group": group} for comparison, group in groups])


def test_the_adversarial_figure_pairs_images():
    table = size_table([network("full", 0), network("full", 1), network("adversarial", 0)]).assign(split="test", search="exact")
    found = adversarial.pairs(table, ["adversarial"])
    row = found.iloc[0]
    mine = table[(table["index"] == row["index"]) & (table.threshold == row.threshold)].set_index("model")
    ordinary = mine.loc[[m for m in mine.index if "full" in m]]
    ordinary = ordinary[(ordinary.status == "found") & ordinary.full_at_threshold]
    assert row.ordinary == ordinary.size_pixels.mean()
    assert row.adversarial == mine.loc["small_cnn-adversarial-0"].size_pixels


def test_transfer_matrices_keep_the_order_of_the_table():
    rows = [
        {"source": a, "target": b, "mean_confidence": x, "accuracy": x / 2, "images": 9, "fraction": 0.1,
         "source_architecture": "small_cnn" if a != "both" else np.nan, "source_condition": a, "source_seed": 0}
        for a, b, x in [("z", "z", 1), ("z", "both", 2), ("both", "z", 3), ("both", "both", 4)]
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    assert transfer.matrices(table)["mean_confidence"].tolist() == [[1, 2], [3, 4]]
    assert "shown to" in texts(transfer.draw(table))


def test_planted_recovery_draws_precision_against_chance():
    figure = planted_recovery.draw(planted_table())
    assert "1000/10/20" in texts(figure) and "strength 0.5" in texts(figure)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels[1] == "gradient:\nCNN, full images, 1" and labels[4] == "gradient:\nensemble logits"
    points, crosses = (line.get_xdata() for line in figure.axes[0].lines if line.get_marker() in ("o", "x"))
    assert list(points) == [0.8] * 6 and list(crosses) == [0.06] * 6


def test_few_networks_have_their_transfer_printed_and_many_not():
    printed = [len(transfer.draw(transfer_table([network("full", s) for s in range(n)])).axes[0].texts) for n in (12, 13)]
    assert printed[0] == printed[1] + 144


def test_examples_are_right_answers_of_every_class():
    ordering = orderings(wrong=7)
    chosen = sis_examples.choose([ordering], 5)
    assert chosen.tolist() == [10, 15, 11, 16, 7, 12, 8, 13, 9, 14]
    images = np.random.default_rng(0).integers(0, 256, (30, 8, 8, 1), dtype=np.uint8)
    figure = sis_examples.draw(images, list("abcde"), {"CNN, full, 0": ordering}, 0.9)
    assert len(figure.axes) == 20


def test_examples_are_found_by_their_number_among_what_every_network_searched():
    first = orderings(30)
    second = dataclasses.replace(orderings(30, seed=1), index=np.arange(30)[::-1] + 3)
    chosen = sis_examples.choose([first, second], 5)
    assert chosen.min() >= 3 and (first.label[chosen] == np.repeat(range(5), 2)).all()
    images = np.zeros((40, 8, 8, 1), np.uint8)
    figure = sis_examples.draw(images, list("abcde"), {"one": first, "two": second}, 0.9)
    expected = sis.find_sis(second, 0.9).size[list(second.index).index(chosen[0])]
    assert figure.axes[20].get_xlabel().startswith(f"{expected}\n")


def test_what_has_no_subset_is_said_in_words():
    ordering = dataclasses.replace(orderings(1, classes=1), log_odds=np.full((1, 65), -9, np.float32))
    images = np.zeros((1, 8, 8, 1), np.uint8)
    assert "none" in texts(sis_examples.draw(images, ["a"], {"net": ordering}, 0.9))
    full = dataclasses.replace(ordering, log_odds=-ordering.log_odds)
    assert "empty" in texts(sis_examples.draw(images, ["a"], {"net": full}, 0.9))
    many = orderings(11, classes=1)
    wrong = dataclasses.replace(many, predicted=many.label + 1)
    assert "No image" in texts(sis_examples.draw(np.zeros((11, 8, 8, 1), np.uint8), ["a"], {"net": wrong}, 0.9))


def test_ten_images_searched_are_all_shown_by_class_with_published_sizes():
    ordering = dataclasses.replace(orderings(10, classes=3), index=np.array([7, 3, 9, 1, 4, 2, 8, 6, 5, 0]))
    assert sis_examples.choose([ordering], 3).tolist() == [0, 1, 7, 8, 3, 4, 6, 2, 5, 9]
    images = np.zeros((10, 8, 8, 1), np.uint8)
    shown = texts(sis_examples.draw(images, list("abc"), {"net": ordering}, 0.9, {"net": {7: 123}}))
    assert "(123)" in shown
    assert published.sis_sizes("cifar10", network("full", 0, "resnet20"), 0.99)[10] == 1
    assert published.sis_sizes("cifar10", network("full", 0, "resnet20"), 0.9) == {}
    assert published.sis_sizes("digits", network("full", 0, "resnet20"), 0.99) == {}
    means = {key: np.mean(sizes) for key, sizes in published.SIS_SIZE.items()}
    assert [means[a, "full"] for a in ("resnet18", "resnet20", "vgg16")] == pytest.approx([28.5, 24.0, 18.2])


def test_removed_pixels_are_pale_blue_and_kept_ones_outlined():
    image, kept = np.full((2, 2, 1), 9, np.uint8), np.array([[True, False], [False, False]])
    shown = sis_examples.shown_pixels(image, kept)
    assert shown[0, 0].tolist() == [9, 9, 9] and shown[1, 1].tolist() == sis_examples.REMOVED.tolist()
    assert len(sis_examples.outline(kept)) == 4
