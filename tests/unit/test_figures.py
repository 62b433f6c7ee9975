"""Figures draw what the data say, and the same bytes twice."""

import numpy as np
import pandas as pd
import pytest

from overinterp.evaluation import sis_sizes
from overinterp.figures import (
    accuracy,
    confidence_curves,
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


def network(name, seed=0):
    return {"model": f"small_cnn-{name}-{seed}", "kind": "network", "architecture": "small_cnn", "condition": name, "seed": seed}


ENSEMBLE = {"model": "both", "kind": "ensemble", "architecture": np.nan, "condition": "both", "seed": np.nan}


def size_table(models, wrong=0, thresholds=(0.5, 0.9)):
    parts = []
    for number, model in enumerate(models):
        part = sis_sizes(orderings(seed=number, wrong=wrong), list(thresholds))
        parts.append(part.assign(**model))
    return pd.concat(parts, ignore_index=True)


def texts(figure):
    return " ".join(text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text")))


def test_the_same_data_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        style.save(pixel_heatmap.draw({"net": [orderings()]}, 0.1), tmp_path / f"{name}.pdf", tmp_path / f"{name}.png")
    for suffix in ("pdf", "png"):
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


def test_every_figure_is_a_column_wide():
    assert pixel_heatmap.draw({"net": [orderings()]}, 0.1).get_figwidth() == pytest.approx(8.5 / 2.54)


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


def test_curves_show_every_group_with_its_n():
    figure = confidence_curves.draw(
        {"one": [orderings(), orderings(seed=1)], "two": [orderings(seed=2)], "three": [orderings(seed=3)]}
    )
    assert "(n = 2 × 30)" in texts(figure) and "two" in texts(figure)


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


def accuracy_table():
    rows = []
    for condition, train, fraction in [
        ("full", "full", 1),
        ("backselect_4", "backselect", 0.1),
        ("position_4", "position_only", 0.1),
    ]:
        for seed in (0, 1):
            described = {**network(condition, seed), "train_view": train, "train_fraction": fraction, "keep_probability": 1}
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
            "keep_probability": 1,
            "test_view": "full",
            "test_fraction": 1,
            "accuracy": 0.9,
        }
    )
    return pd.DataFrame(rows).assign(images=30, classes=5)


def test_accuracy_rows_pair_training_and_test_views():
    panels = dict(accuracy.lines(accuracy_table()))
    names = [name for name, _, _ in panels["trained on → tested on, 10 % of the pixels"]]
    assert names == ["CNN: full → kept", "CNN: full → random", "CNN: kept → kept", "CNN: positions → positions"]
    assert [name for name, _, _ in panels["full images"]] == ["CNN, full images", "both"]


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
    row = {
        **network("full"),
        "search": "exact",
        "precision": 0.8,
        "precision_low": 0.7,
        "precision_high": 0.9,
        "uniform_precision": 0.06,
        "touch_share": 1.0,
        "uniform_touch_share": 0.3,
        "found": 30,
        "none": 1,
        "empty": 2,
    }
    figure = planted_recovery.draw(pd.DataFrame([row]))
    assert "30 found, 1 none, 2 empty" in texts(figure)


def test_examples_are_right_answers_of_every_class():
    ordering = orderings(wrong=7)
    chosen = sis_examples.choose([ordering], 5)
    assert len(chosen) == 8 and ordering.correct[chosen].all()
    assert set(ordering.label[chosen]) == set(range(5))
    images = np.random.default_rng(0).integers(0, 256, (30, 8, 8, 1), dtype=np.uint8)
    figure = sis_examples.draw(images, list("abcde"), {"CNN, full, 0": ordering}, 0.9)
    assert len(figure.axes) == 16


def test_removed_pixels_are_pale_blue_and_kept_ones_outlined():
    image, kept = np.full((2, 2, 1), 9, np.uint8), np.array([[True, False], [False, False]])
    shown = sis_examples.shown_pixels(image, kept)
    assert shown[0, 0].tolist() == [9, 9, 9] and shown[1, 1].tolist() == sis_examples.REMOVED.tolist()
    assert len(sis_examples.outline(kept)) == 4
