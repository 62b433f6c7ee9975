"""Figures draw what the data say, legibly, and the same bytes twice."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import seaborn
from matplotlib.figure import Figure
from matplotlib.text import Text

from overinterp import published, sis
from overinterp.answers.sentences import answer
from overinterp.artifacts.tables import read_table, write_table
from overinterp.data.source import ArraySource
from overinterp.figures import (
    accuracy,
    adversarial,
    atlas,
    blanks,
    border,
    confidence_curves,
    dots,
    leakage,
    mask_edges,
    mitigation,
    object_share,
    pixel_heatmap,
    planted_recovery,
    redundancy,
    sis_examples,
    sis_size_by_threshold,
    sis_size_correct_incorrect,
    style,
    transfer,
    transfer_matrix,
    wrong_class,
)
from overinterp.inputs import Inputs
from overinterp.perturbations import COLUMNS
from overinterp.plan.lists import find
from overinterp.search.ordering import Ordering
from overinterp.statistics import share_between
from overinterp.tables import atlas as atlas_table
from overinterp.tables import border as tables_border
from overinterp.tables import confidence_curves as curves
from overinterp.tables import pixel_heatmap as tables_pixel_heatmap
from overinterp.tables import transfer as transfers
from overinterp.tables import transfer_by_relation
from overinterp.tables.adversarial import pairs
from overinterp.tables.pixel_heatmap import shares
from overinterp.tables.sis_size_by_threshold import means
from overinterp.tables.sis_size_correct_incorrect import differences
from tests.unit.toys import Found, brought, ensemble, network, of, random_orderings, size_table


def inputs(searches=(), source=None, names=(), settings=None, **tables):
    return Inputs(list(searches), tables, [], source, {"class_names": list(names)}, settings or {"split": "test"})


def by_threshold(table):
    return inputs(sis_size_by_threshold=means(table, "exact"))


def by_answer(table):
    return inputs(sis_size_correct_incorrect=differences(table, "exact"))


def texts(figure):
    return " ".join(text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text")))


NETWORKS = [network("full", seed) for seed in range(3)] + [network("input_dropout", 0, "small_resnet", keep_probability=0.8)]
ENSEMBLES = [ensemble("ensemble_logits"), ensemble("ensemble_probabilities")]
BROUGHT = [brought(), brought("vit", "vit_small_patch16_224.augreg_in1k")]


def transfer_table(models):
    rows = [
        {"source": a["model"], "target": b["model"], "mean_confidence": 1.0, "accuracy": 0.5, "images": 360, "fraction": 0.0625,
         "chance": 0.1, "relation": "itself" if a is b else "another classifier", "accuracy_low": 0.45, "accuracy_high": 0.55,
         "confidence_low": 1.0, "confidence_high": 1.0,
         **{f"source_{key}": a[key] for key in ("kind", "group", "architecture", "condition", "seed", "labels")},
         "target_labels": b["labels"]}
        for a in models for b in models
    ]  # fmt: skip
    return pd.DataFrame(rows)


def transfer_inputs(models):
    pairs, rows = transfer_table(models), []
    for name, part in pairs.groupby("relation", sort=False):
        row = {"relation": name, "pairs": len(part), "images": 360}
        for number, value in {"confidence": 1.0, "accuracy": 0.5, "random_confidence": 0.1, "random_accuracy": 0.1}.items():
            row |= {number: value, f"{number}_low": value - 0.05, f"{number}_high": value}
        rows.append(row)
    return inputs(transfer=pairs, transfer_by_relation=pd.DataFrame(rows))


def planted_table(**changed):
    row = {
        "search": "gradient", "strength": 0.5, "threshold": 0.9, "precision": 0.8, "precision_low": 0.7, "precision_high": 0.9,
        "uniform_precision": 0.06, "touch_share": 0.9, "touch_share_low": 0.8, "touch_share_high": 0.95,
        "uniform_touch_share": 0.3, "found": 1000, "none": 10, "empty": 20,
    }  # fmt: skip
    return pd.DataFrame([{**of(model), **row, **changed} for model in [*NETWORKS, *ENSEMBLES]])


def border_table(models=NETWORKS):
    """The table `border` of classifiers that know full images and, of the first, of networks trained on what they are shown."""
    nothing = {"masks_model": "", "split": "test", "test_paint": "values", "images": 500, "classes": 10}
    rows = []
    for row in models:
        rows.append({**row, **nothing, "test_mask": "all", "test_fraction": 1.0, "accuracy": 0.9})
        for number, mask in enumerate(["border", "center", "random", "kept"]):
            for fraction in (0.05, 0.1, 0.3):
                seen = {"test_mask": mask, "test_fraction": fraction, "masks_model": row["model"] if mask == "kept" else ""}
                rows.append({**row, **nothing, **seen, "accuracy": 0.1 + 0.2 * number + fraction / 2})
                if row["kind"] == "network" and row["condition"] == "full":
                    trained = {
                        "train_mask": mask,
                        "train_fraction": fraction,
                        "condition": mask,
                        "group": f"cnn-{mask}-{fraction}",
                    }
                    trained |= {"model": f"cnn-{mask}-{fraction}-{row['seed']}", "accuracy": 0.2 + 0.15 * number + fraction}
                    trained |= {"teacher": "small_cnn-full-0" if mask == "kept" else "", "masks_model": ""}
                    trained["masks_model"] = trained["teacher"]
                    rows.append({**row, **nothing, **seen, **trained})
    return tables_border.make(inputs(accuracy=pd.DataFrame(rows))).rows


def leakage_table(teachers=(("small_cnn-full-0", 25.0), ("resnet20_200", np.nan))):
    """The table `leakage` of two audits, all controls."""
    rows = []
    for teacher, epochs in teachers:
        named = {"audit": f"of_{teacher}", "architecture": "small_cnn", "teacher": teacher, "teacher_epochs": epochs}
        named |= {"fraction": 0.0625, "images": 360, "chance": 0.1, "networks": 2, "search": "exact"}
        named |= {"target": "other" if np.isnan(epochs) else "predicted"}
        named |= {"share_low": 0.9, "share": 0.95, "share_high": 1}
        for place, control in enumerate(leakage.ROWS):
            mean = max(0.1, 0.995 - 0.09 * place)
            found = {"accuracy": mean, "accuracy_low": mean - 0.03, "accuracy_high": mean + 0.004}
            rows.append({**named, "control": control, **found})
    return pd.DataFrame(rows)


def edges_table(models):
    """The table `mask_edges`."""
    found = {"difference": -0.31, "difference_low": -0.44, "difference_high": -0.2, "images": 360}
    rows = [{**of(row), **found, "radius": radius} for row in models for radius in (1, 2)]
    return pd.DataFrame(rows).drop_duplicates(["group", "radius"]).reset_index(drop=True)


def wrong_table(models):
    """The table `wrong_class`."""
    found = {"images": 120, "both_found": 106, "found_share": 0.93, "found_share_low": 0.88, "found_share_high": 0.97}
    found |= {"size_ratio": 1.7, "size_ratio_low": 1.5, "size_ratio_high": 1.9}
    found |= {"same_class_ratio": 1.1, "same_class_ratio_low": 0.9, "same_class_ratio_high": 1.3}
    rows = [{**of(row), **found, "target": target} for row in models for target in wrong_class.TARGETS]
    return pd.DataFrame(rows).drop_duplicates(["group", "target"]).reset_index(drop=True)


def redundancy_table(models):
    """The table `redundancy`."""
    found = {"images": 20, "subsets": 3.4, "subsets_low": 2.9, "subsets_high": 4.1, "cap": 10, "accuracy": 0.912}
    rows = [{**of(row), **found, "answer": answer} for row in models for answer in ("all", "right", "wrong")]
    return pd.DataFrame(rows).drop_duplicates(["group", "answer"]).reset_index(drop=True)


def dots_table(models):
    """The table `dots`."""
    rows = [
        {**of(row), "images": 360, "threshold": 0.9, "subset": subset, "fraction": 0.05, "pixels": pixels, "shown": shown,
         "confidence": 1.0 if shown == "values" else 0.12}
        for row in models for subset, pixels in (("sis", 3.4), ("kept", 52)) for shown in dots.SHOWN
    ]  # fmt: skip
    return pd.DataFrame(rows).drop_duplicates(["group", "subset", "shown"])


def blanks_table(models):
    """The table `blanks`."""
    rows = [
        {**of(row), "images": 360, "threshold": 0.9, "fill": fill, "sufficient_share": 0.4,
         "confidence": 0.97 if place < 7 else np.nan}
        for row in models for place, fill in enumerate(blanks.FILLS)
    ]  # fmt: skip
    return pd.DataFrame(rows).drop_duplicates(["group", "fill"])


def objects_table(models):
    """The table `object_share` of two searches."""
    row = {"box_share": 0.45, "same_places_share": 0.5, "share": 0.62, "share_low": 0.58, "share_high": 0.66, "images": 800}
    row |= {"fraction": 0.1, "threshold": 0.9}
    row |= {"above_same_places": 0.12, "above_same_places_low": -0.08, "above_same_places_high": 0.16}
    return pd.DataFrame(
        {**of(model, search=search), **row, "subset": subset, "class_name": name}
        for search in ("gradient", "ranked") for model in models for subset in ("kept", "sis") for name in ("", "goldfish")
    )  # fmt: skip


def heat(groups, fraction, searches=("gradient",)):
    """The table `pixel_heatmap` of groups of orderings, the same by each search."""
    parts = []
    for row, members in groups:
        cells = shares([Found(of(row), ordering) for ordering in members], fraction)
        named = {key: row[key] for key in ("kind", "group", "architecture", "condition")}
        parts += [cells.assign(**named, search=search) for search in searches]
    return inputs(pixel_heatmap=pd.concat(parts).assign(networks=len(groups[0][1]), mean_confidence=0.93))


def curves_of(*rows, side=8, n=30):
    searches = [Found(of(row), random_orderings(n, side, seed=number)) for number, row in enumerate(rows)]
    return inputs(confidence_curves=curves.make(Inputs(searches=searches)).rows, settings={"threshold": 0.9})


def shown(orderings, source, names, threshold=0.9, dataset="digits"):
    searches = [Found(of(row), ordering) for row, ordering in orderings]
    return inputs(searches, source, names, {"threshold": threshold, "dataset": dataset})


def every_figure():
    """Each figure of data of realistic shapes: 8x8 grey of 10 classes, 16x16 colour of 4 classes, 224x224 of 1,000 outputs."""
    rng = np.random.default_rng(0)
    digits = [random_orderings(200, 8, 10, seed, wrong=40) for seed in range(6)]
    colour, photos = random_orderings(40, 16, 4, wrong=5), random_orderings(6, 224, 6)
    pictures = [rng.integers(0, 256, shape, dtype=np.uint8) for shape in ((200, 8, 8, 1), (40, 16, 16, 3), (6, 224, 224, 3))]
    grey, rgb, large = (ArraySource(array, part.label) for array, part in zip(pictures, (digits[0], colour, photos), strict=True))
    all_models, thresholds = [*NETWORKS, *ENSEMBLES, network("shuffled", labels="shuffled")], (0.5, 0.7, 0.9, 0.95, 0.99)
    sizes = size_table(all_models, wrong=14, thresholds=thresholds)
    named = list(zip([*NETWORKS[2:], *ENSEMBLES], digits, strict=False))
    yield "sis_examples, digits", sis_examples.draw(shown(named, grey, "0123456789"))
    names = ["disc", "square", "triangle", "cross"]
    yield "sis_examples, colour", sis_examples.draw(shown([(NETWORKS[0], colour)], rgb, names, 0.99))
    long = [
        "English springer, English springer spaniel",
        "n01440764_tench",
        "cassette player",
        "church",
        "French horn",
        "gas pump",
    ]
    yield "sis_examples, photographs", sis_examples.draw(shown([(row, photos) for row in BROUGHT], large, long))
    yield "pixel_heatmap", pixel_heatmap.draw(heat([(NETWORKS[0], digits[:3]), (NETWORKS[3], digits[3:4])], 0.0625))
    yield "pixel_heatmap, one", pixel_heatmap.draw(heat([(NETWORKS[0], [colour])], 0.05))
    yield "pixel_heatmap, photographs", pixel_heatmap.draw(heat([(row, [photos]) for row in BROUGHT], 0.1))
    yield "pixel_heatmap, searches", pixel_heatmap.draw(heat([(row, [photos]) for row in BROUGHT], 0.1, ("gradient", "ranked")))
    yield "confidence_curves", confidence_curves.draw(curves_of(*all_models))
    yield "confidence_curves, one", confidence_curves.draw(curves_of(NETWORKS[0], side=16))
    yield "confidence_curves, photographs", confidence_curves.draw(curves_of(*BROUGHT, side=224, n=4))
    yield "sis_size_by_threshold", sis_size_by_threshold.draw(by_threshold(sizes))
    yield "sis_size_by_threshold, brought", sis_size_by_threshold.draw(by_threshold(size_table(BROUGHT, thresholds=thresholds)))
    yield "sis_size_by_threshold, none", sis_size_by_threshold.draw(by_threshold(sizes.assign(status="none")))
    yield "sis_size_correct_incorrect", sis_size_correct_incorrect.draw(by_answer(sizes))
    yield "sis_size_correct_incorrect, none", sis_size_correct_incorrect.draw(by_answer(sizes.assign(correct=True)))
    yield "accuracy", accuracy.draw(inputs(accuracy=accuracy_table()))
    corrupted = accuracy_table().assign(split="corrupted", corruptions="generated", images=1000)
    yield "accuracy, corrupted", accuracy.draw(inputs(accuracy=pd.concat([accuracy_table().assign(images=2000), corrupted])))
    yield "accuracy, brought", accuracy.draw(inputs(accuracy=accuracy_table(BROUGHT)))
    yield "border", border.draw(inputs(border=border_table()))
    yield "border, brought", border.draw(inputs(border=border_table(BROUGHT)))
    yield "border, one share", border.draw(inputs(border=(rows := border_table())[rows.fraction.isin([1, rows.fraction.min()])]))
    yield "border, none", border.draw(inputs(border=border_table()[:0]))
    yield "leakage", leakage.draw(inputs(leakage=leakage_table()))
    for models, variant in ((all_models, ""), (BROUGHT, ", brought")):
        yield f"mask_edges{variant}", mask_edges.draw(inputs(mask_edges=edges_table(models)))
        yield f"wrong_class{variant}", wrong_class.draw(inputs(wrong_class=wrong_table(models)))
        yield f"redundancy{variant}", redundancy.draw(inputs(redundancy=redundancy_table(models)))
        yield f"blanks{variant}", blanks.draw(inputs(blanks=blanks_table(models)))
        yield f"dots{variant}", dots.draw(inputs(dots=dots_table(models), settings={"threshold": 0.9}))
    yield "mask_edges, none", mask_edges.draw(inputs(mask_edges=edges_table(BROUGHT)[:0]))
    yield "wrong_class, none", wrong_class.draw(inputs(wrong_class=wrong_table(BROUGHT)[:0]))
    yield "redundancy, none", redundancy.draw(inputs(redundancy=redundancy_table(BROUGHT)[:0]))
    yield "blanks, none", blanks.draw(inputs(blanks=blanks_table(BROUGHT)[:0]))
    yield "dots, none", dots.draw(inputs(dots=dots_table(BROUGHT)[:0]))
    yield "object_share", object_share.draw(inputs(object_share=objects_table([*NETWORKS[2:], *BROUGHT])))
    yield "mitigation", mitigation.draw(inputs(mitigation=mitigation_table()))
    yield "mitigation, no corruptions", mitigation.draw(inputs(mitigation=mitigation_table().assign(corrupted_accuracy=np.nan)))
    nothing = mitigation_table().assign(matched_images=0, matched_images_scaled=0)
    yield "mitigation, none", mitigation.draw(inputs(mitigation=nothing))
    attacked = size_table([network(), network("attacked", adversarial=True)])
    yield "adversarial", adversarial.draw(inputs(adversarial=pairs(attacked)))
    yield "adversarial, none", adversarial.draw(inputs(adversarial=pairs(size_table([network()]))))
    yield "transfer_matrix", transfer_matrix.draw(inputs(transfer=transfer_table(all_models)))
    yield "transfer", transfer.draw(transfer_inputs(all_models))
    yield "transfer, brought", transfer.draw(transfer_inputs(BROUGHT))
    yield "planted_recovery", planted_recovery.draw(inputs(planted_recovery=planted_table()))


def test_every_figure_is_a_column_wide_and_its_words_are_legible_and_inside():
    for name, figure in every_figure():
        figure.draw_without_rendering()
        assert figure.get_figwidth() == pytest.approx(8.5 / 2.54), name
        drawn, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
        assert min(drawn.x0, drawn.y0, width - drawn.x1, height - drawn.y1) > -0.005, name
        assert all(text.get_fontsize() >= 6.5 for text in figure.findobj(Text) if text.get_text().strip()), name
        style.plt.close(figure)


def test_colours_are_the_palette_that_they_are_said_to_be():
    assert seaborn.color_palette("colorblind", 10).as_hex() == style.COLOURS


def test_figures_and_tables_do_without_torch():
    library = Path(style.__file__).parents[1]
    modules = [f"overinterp.{kind}.{path.stem}" for kind in ("figures", "tables") for path in (library / kind).glob("[a-z]*.py")]
    imports = ", ".join(["draw_figure", "make_table", *modules])
    code = f"import sys; sys.path[:0] = {sys.path!r}; import {imports}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_same_data_give_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(style, "DPI", 50)
    for name in ("a", "b"):
        for number, (variant, figure) in enumerate(every_figure()):
            if "," in variant:  # one of each will do
                style.plt.close(figure)
                continue
            style.save(figure, tmp_path / f"{number}-{name}.pdf", tmp_path / f"{number}-{name}.png")
    assert number > 20
    for path in tmp_path.glob("*-a.*"):
        assert path.read_bytes() == path.with_name(path.name.replace("-a.", "-b.")).read_bytes(), path.name


def test_heat_map_shares_by_hand():
    """Two images that keep the last 2 of 4 pixels: {2, 3} and {1, 3}."""
    order = np.array([[0, 1, 2, 3], [0, 2, 1, 3]], np.uint16)
    removed, odds, zeros = np.tile(np.arange(5, dtype=np.int32), (2, 1)), np.zeros((2, 5), np.float32), np.zeros(2, np.int64)
    ordering = Ordering(order, removed, odds, zeros, zeros, zeros, zeros, zeros, zeros, 2, 2)
    table = heat([(network(), [ordering])], 0.5)
    assert pixel_heatmap.cells(table.tables["pixel_heatmap"]).tolist() == [[0, 0.5], [0.5, 1]]
    image = pixel_heatmap.draw(table).axes[0].images[0]
    assert image.get_array().tolist() == [[0, 50], [50, 100]]


def test_cells_of_large_images_are_means_over_their_pixels():
    ordering = random_orderings(3, 70)
    cells = shares([Found(of(network()), ordering)], 0.2)
    assert cells.cell_rows.iloc[0] == 3 and len(cells) == 24 * 24
    kept = ordering.kept_fraction(0.2).mean(0)
    assert pixel_heatmap.cells(cells)[1, 2] == pytest.approx(kept[3:6, 6:9].mean())
    assert pixel_heatmap.cells(cells)[23, 0] == pytest.approx(kept[69:, :3].mean())  # cells at the end are smaller


def test_the_heat_maps_confidence_is_that_of_exactly_the_pixels_kept(tmp_path):
    """Not that of the recorded column before, which keeps more of them. A table has nine digits of the fraction."""
    fraction = 0.10068120043399963
    rows = [
        {"model": "a", "masks_model": m, "masks_search": "gradient", "split": "test", "test_mask": "kept", "test_paint": p,
         "test_fraction": fraction, "chooser_confidence": c}
        for m, p, c in (("teacher", "values", 0.1), ("a", "values", 0.68), ("a", "position", 0.3))
    ]  # fmt: skip
    write_table(tmp_path / "a.csv", pd.DataFrame(rows))
    searches = [Found(of(network(model="a"), search=search), random_orderings()) for search in ("gradient", "refined")]
    table = tables_pixel_heatmap.make(Inputs(searches=searches, parts=[tmp_path / "a.csv"], settings={"fraction": fraction}))
    confidence = table.rows.groupby("search").mean_confidence.unique()
    recorded = tables_pixel_heatmap.recorded_confidence(searches[1], fraction)  # tested below
    assert confidence["gradient"].tolist() == [0.68] and confidence["refined"].tolist() == [recorded]


def test_confidence_is_read_at_the_last_column_before():
    ordering = random_orderings(n=2, side=2)
    steps = Ordering(**{**ordering.__dict__, "removed": np.array([[0, 2, 4, 4, 4]] * 2, np.int32)})
    assert steps.confidence_after([3])[:, 0].tolist() == steps.confidence[:, 1].tolist()
    assert steps.confidence_after([0, 1, 2, 3])[0].tolist() == [steps.confidence[0, c] for c in (0, 0, 1, 1)]
    each = ordering.confidence_after(np.array([[1], [3]]))
    assert each[:, 0].tolist() == ordering.confidence[[0, 1], [1, 3]].tolist()
    assert ordering.take(slice(0)).confidence_after([1, 2]).shape == (0, 2)


def test_curves_show_every_group_with_its_n():
    figure = confidence_curves.draw(curves_of(network("one"), network("one", 1), network("two"), network("three")))
    assert "(2 seeds × 30 images)" in texts(figure) and "two" in texts(figure)
    with_null = confidence_curves.draw(curves_of(network("one"), network("shuffled", labels="shuffled")))
    lines = {line.get_label().split(" (")[0]: line for line in with_null.axes[0].get_lines()}
    assert lines["CNN, shuffled labels"].get_linestyle() == "--" and lines["CNN, one"].get_linestyle() == "-"
    untrained = confidence_curves.draw(curves_of(network("untrained", labels="none"))).axes[0].get_lines()[-1]
    assert (untrained.get_linestyle(), untrained.get_color()) == (":", "0.35")
    assert len(with_null.axes[0].collections) == 2 and not figure.axes[0].collections  # bands: of two groups, not of three
    assert figure.axes[0].get_lines()[0].get_ydata()[0] == 0.9  # the threshold


def test_none_empty_and_unreached_images_enter_no_mean():
    table = size_table([network("full")])
    table.loc[table.index[:5], ["status", "size_pixels"]] = ["none", -1]
    table.loc[table.index[5:9], "full_at_threshold"] = False
    found = means(table, "exact")
    used = table[(table.status == "found") & table.full_at_threshold & (table.threshold == 0.5)]
    row = found[found.threshold == 0.5].iloc[0]
    assert row["mean"] == pytest.approx(used.size_pixels.mean()) and row.subsets == len(used)
    assert row.low <= row["mean"] <= row.high


def test_a_group_says_how_far_its_networks_lie_apart():
    table = size_table([network("full", 0), network("full", 1), ensemble()])
    one = table[(table.model == table.model.iloc[0])].index
    table.loc[one, "size_pixels"] *= 10
    for row in means(table, "exact").itertuples():
        part = table[(table.group == row.group) & (table.threshold == row.threshold)]
        part = part[(part.status == "found") & part.full_at_threshold & (part.size_pixels > 0)]
        single = [own.size_pixels.mean() for _, own in part.groupby("model")]
        if row.models == 2:
            assert [row.least, row.most] == pytest.approx(sorted(single)) and row.most > 5 * row.least
        else:
            assert np.isnan(row.least) and np.isnan(row.most)


def test_sizes_are_compared_on_the_images_that_all_have_right():
    """Image 0 is wrong for one network, image 1 has no subset for the other; a null has another image alone, and is left out."""
    models = [network("full", 0), network("full", 1), ensemble(), network("shuffled", 0, labels="shuffled")]
    table = size_table(models, thresholds=(0.5,)).assign(status="found", full_at_threshold=True, correct=True)
    table["size_pixels"] = table["index"] + 10 * table.model.map({model["model"]: place for place, model in enumerate(models)})
    table.loc[(table.model == models[1]["model"]) & (table["index"] == 0), "correct"] = False
    table.loc[(table.model == models[2]["model"]) & (table["index"] == 1), "status"] = "none"
    table = table[(table.labels == "given") | (table["index"] > 5)]
    found = means(table, "exact").set_index("group")
    assert found.matched_images.dropna().tolist() == [28, 28] and found.matched_mean.isna().tolist() == [False, False, True]
    assert found.matched_mean.dropna().tolist() == [np.mean(range(2, 30)) + 5, np.mean(range(2, 30)) + 20]
    assert "crosses beside: the 28 images that all have right" in texts(sis_size_by_threshold.draw(by_threshold(table)))
    few = table[(table.model != models[2]["model"]) | (table["index"] < 9)]  # of eight with a subset seven are shared
    assert means(few, "exact").matched_images.isna().all()
    fewer = table.assign(correct=table.correct & ((table.model != models[1]["model"]) | (table["index"] < 8)))
    found = means(fewer, "exact").set_index("group")  # seven of its own are right: it is left out, and not the other seed
    assert found.matched_images.dropna().tolist() == [29, 29]
    assert found.matched_mean.dropna().tolist() == [np.mean([0, *range(2, 30)]), np.mean([0, *range(2, 30)]) + 20]
    assert "crosses" not in texts(sis_size_by_threshold.draw(by_threshold(table[table.group == models[0]["group"]])))


def test_sizes_draw_networks_pooled_over_seeds_and_each_ensemble():
    figure = sis_size_by_threshold.draw(by_threshold(size_table([network("full", 0), network("full", 1), ensemble()])))
    assert len(figure.axes[0].lines) == 2 + 2 + 2  # and the seeds that need the fewest and the most, and crosses
    assert "CNN, full images, 2 seeds (" in texts(figure) and "of 30 images" in figure.axes[0].get_xlabel()


def test_fewer_than_ten_wrong_answers_give_no_point_but_words():
    few = sis_size_correct_incorrect.draw(by_answer(size_table([network("full")], wrong=3)))
    assert "nothing to compare" in texts(few)
    table = size_table([network("full", 0), network("full", 1)], wrong=14)
    found = differences(table, "exact")
    assert (found.incorrect >= 10).all() and len(found)
    assert "wrong answers" in texts(sis_size_correct_incorrect.draw(by_answer(table)))


def test_a_known_difference_is_found():
    table = size_table([network("full")], wrong=14, thresholds=(0.5,))
    table["size_pixels"] = np.where(table.correct, 30, 20)
    table["status"], table["full_at_threshold"] = "found", True
    found = differences(table, "exact").iloc[0]
    assert found.difference == pytest.approx(0.5) and found.ratio_at_equal_confidence == pytest.approx(1.5)


def test_sizes_that_go_by_the_class_alone_do_not_differ_within_classes():
    """Wrong answers are of the class of few pixels; and how much of the sizes is the class's."""
    table = size_table([network("full")], wrong=14, thresholds=(0.5,))
    table["status"], table["full_at_threshold"] = "found", True
    table["target_class"] = np.where(table.correct, table["index"] % 3, table["index"] % 2)
    table["size_pixels"] = 10 * 2.0**table.target_class
    found = differences(table, "exact").iloc[0]
    assert found.ratio > 1.1 and found.ratio_of_same_class == pytest.approx(1)
    assert means(table, "exact").class_share.tolist() == [1]
    table["size_pixels"] = np.where(table["index"] % 2, 3, 10) * 2.0**table.target_class
    logs, of = np.log(table.size_pixels.to_numpy()), table.target_class.to_numpy()
    assert means(table, "exact").class_share[0] == pytest.approx(share_between(logs, of)[0])


def test_sizes_that_go_by_confidence_alone_do_not_differ_at_equal_confidence():
    table = size_table([network("full", 0), network("full", 1)], wrong=14, thresholds=(0.5,))
    table["status"], table["full_at_threshold"] = "found", True
    table["log_odds_full"] = np.where(table.correct, 4, 1) + table["index"] % 3
    table["size_pixels"] = 100 * np.exp(-0.2 * table.log_odds_full)
    found = differences(table, "exact").iloc[0]
    assert found.difference < -0.3 and found.ratio == pytest.approx(np.exp(-0.6), rel=0.1)
    assert found.ratio_at_equal_confidence == pytest.approx(1)


def test_every_wrong_answer_weighs_the_same_whichever_network_gave_it():
    """One network is wrong once, on 90 pixels, the other eleven times, on 30: the mean is 35, not 60."""
    table = size_table([network("full", 0), network("full", 1)], thresholds=(0.5,))
    table["size_pixels"], table["status"], table["full_at_threshold"], table["correct"] = 70, "found", True, True
    first = table.model == "small_cnn-full-0"
    table.loc[first & (table["index"] < 1), ["size_pixels", "correct"]] = [90, False]
    table.loc[~first & (table["index"] < 11), ["size_pixels", "correct"]] = [30, False]
    found = differences(table, "exact").iloc[0]
    assert found.difference == pytest.approx(70 / 35 - 1) and found.incorrect == 12


VIEWS = [("all", "values", 1), ("random", "values", 0.1), ("kept", "values", 0.1), ("kept", "position", 0.1)]


def accuracy_table(models=None):
    """Every view of networks trained on full images, of two students, and of an ensemble; or of the models given."""
    if models is None:
        models = [network("full", seed) for seed in (0, 1)]
        for condition, paint in (("backselect_4", "values"), ("position_4", "position")):
            taught = {"train_mask": "kept", "train_paint": paint, "train_fraction": 0.1, "teacher": "small_cnn-full-0"}
            models += [network(condition, seed, **taught) for seed in (0, 1)]
        models.append(ensemble())
    rows = []
    for model in models:
        for mask, paint, fraction in VIEWS[:1] if model["kind"] == "ensemble" else VIEWS:
            chosen = (model["teacher"] or model["model"]) if mask == "kept" else ""
            seen = {"test_mask": mask, "test_paint": paint, "test_fraction": fraction, "masks_model": chosen}
            rows.append({**model, **seen, "accuracy": 0.1 * len(rows) % 1})
    return pd.DataFrame(rows).assign(test_threshold=np.nan, images=30, classes=5, split="test", corruptions="")


def test_accuracy_rows_pair_training_and_test_views():
    panels = dict(accuracy.lines(accuracy_table()))
    names = [name for name, _, _ in panels["trained → tested on 10 % of the pixels"]]
    assert names == ["CNN: full → random", "CNN: full → kept", "CNN: kept → kept", "CNN: positions → positions"]
    assert [name for name, _, _ in panels["full images"]] == ["CNN, full images", "both"]


def test_students_of_sufficient_subsets_have_a_panel_of_their_own():
    table = accuracy_table()
    subsets = table[(table.train_mask == "kept") & (table.test_mask == "kept")].assign(train_fraction=np.nan)
    subsets = subsets.assign(group=subsets.group + "_sis", test_fraction=np.nan, test_threshold=0.99)
    own = subsets[subsets.test_paint == subsets.train_paint]  # what it was trained on, and nothing else of this kind
    panels = dict(accuracy.lines(pd.concat([table, own], ignore_index=True)))
    assert list(panels)[1:] == ["trained → tested on 10 % of the pixels", "trained → tested on sufficient subsets at 99 %"]
    two = dict(accuracy.lines(pd.concat([table, own, own.assign(test_threshold=0.9)], ignore_index=True)))
    assert len(two) == 4 and len(two["trained → tested on sufficient subsets at 90 %"][0][2]) == 2
    (kept, _, values), (places, _, _) = panels["trained → tested on sufficient subsets at 99 %"]
    assert (kept, places) == ("CNN: kept → kept", "CNN: positions → positions") and len(values) == 2
    assert len(panels["trained → tested on 10 % of the pixels"]) == 4


def test_two_plain_groups_and_brought_classifiers_have_lines_of_their_own():
    """Two groups without a teacher once ended in an error: a missing teacher is no name."""
    table = accuracy_table([network("full"), network("other"), *BROUGHT]).replace({"teacher": {"": np.nan}})
    panels = dict(accuracy.lines(table))
    names = [name for name, _, _ in panels["trained → tested on 10 % of the pixels"]]
    assert names.count("CNN: full → kept") == 2 and "squeezenet: full → kept" in names


def test_accuracy_of_two_teachers_and_of_corrupted_images_has_lines_of_its_own():
    first = accuracy_table()
    second = first[first.train_mask == "kept"].assign(teacher="small_cnn-full-1")
    second = second.assign(
        group=second.group + "_b", masks_model=second.masks_model.replace("small_cnn-full-0", "small_cnn-full-1")
    )
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
        "size_ratio_low_scaled": 0.9, "size_ratio_high_scaled": 1.4, "ratio_least": 0.8, "ratio_most": 2.5,
        "ratio_least_scaled": np.nan, "ratio_most_scaled": np.nan,
    }  # fmt: skip
    groups = [
        ("CNN", "CNN"),
        ("CNN", "input dropout"),
        ("CNN", "ensemble of 5"),
        ("ResNet", "ResNet"),
        ("ResNet", "ensemble of 5"),
    ]
    return pd.DataFrame([{**row, "comparison": of, "group": group, "baseline": of == group} for of, group in groups])


def test_the_heat_map_tells_the_confidence_that_a_search_recorded_where_it_stopped_there():
    ordering = random_orderings(30, 8)
    found = tables_pixel_heatmap.recorded_confidence(Found(of(NETWORKS[0]), ordering), 0.25)
    there = np.array([removed.tolist().index(48) for removed in ordering.removed])
    assert found == pytest.approx(np.mean([ordering.confidence[row, column] for row, column in enumerate(there)]), abs=1e-7)
    steps = dataclasses.replace(ordering, removed=ordering.removed[:, ::5], log_odds=ordering.log_odds[:, ::5])
    assert np.isnan(tables_pixel_heatmap.recorded_confidence(Found(of(NETWORKS[0]), steps), 0.25))


def test_the_adversarial_figure_pairs_images():
    table = size_table([network("full", 0), network("full", 1), network("attacked", 0, adversarial=True)])
    found = pairs(table)
    row = found.iloc[0]
    mine = table[(table["index"] == row["index"]) & (table.threshold == row.threshold)].set_index("model")
    ordinary = mine.loc[[m for m in mine.index if "full" in m]]
    ordinary = ordinary[(ordinary.status == "found") & ordinary.full_at_threshold]
    assert row.ordinary == ordinary.size_pixels.mean()
    assert row.adversarial == mine.loc["small_cnn-attacked-0"].size_pixels


def test_the_adversarial_figure_draws_every_threshold_and_grey_where_images_are_few():
    """20 images at 0.5, 7 at 0.9: neither is picked, and seven images have no interval."""
    table = size_table([network("full"), network("attacked", adversarial=True)])
    few = pairs(table[(table.threshold == 0.5) & (table["index"] < 20) | (table["index"] < 7)])
    axis = adversarial.draw(inputs(adversarial=few)).axes[0]
    assert [text.get_text() for text in axis.texts] == ["20", "7"]
    assert [label.get_text() for label in axis.get_xticklabels()] == ["0.5", "0.9"]
    points = [drawn.lines[0].get_color() for drawn in axis.containers]
    assert points == [style.COLOURS[0], style.GREY] and "nan" not in texts(axis.figure)
    assert [len(drawn.lines[2][0].get_segments()[0]) for drawn in axis.containers] == [2, 0]  # ends of the bars


def test_transfer_matrices_keep_the_order_of_the_table():
    rows = [
        {"source": a, "target": b, "mean_confidence": x, "accuracy": x / 2, "images": 9, "fraction": 0.1,
         "source_kind": "network" if a != "both" else "ensemble", "source_group": a, "source_architecture": "small_cnn",
         "source_condition": a, "source_seed": 0}
        for a, b, x in [("z", "z", 1), ("z", "both", 2), ("both", "z", 3), ("both", "both", 4)]
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    assert transfer_matrix.matrices(table)["mean_confidence"].tolist() == [[1, 2], [3, 4]]
    assert "shown to" in texts(transfer_matrix.draw(inputs(transfer=table)))


def test_transfer_tells_itself_other_seeds_and_other_classifiers_apart(tmp_path):
    """Three networks, two of them of one kind, and a brought classifier; each part is one target's, as the jobs write it.

    Chance is one in the outputs of the target: of a brought one that knows 1,000 classes not one in the study's four. One of
    the ten images has a class of its own, of which others have no output.
    """
    models = [network("full", 0), network("full", 1), network("input_dropout", 0), BROUGHT[0], ensemble()]
    parts, images = [], np.arange(10)
    for target in models:
        rows = []
        for number, source in enumerate(models):
            right = images < (9 if source is target else 3)
            seen = {"confidence": np.where(images == 4, np.nan, number / 10 + images / 100), "right": right.astype(int)}
            seen |= {"random_confidence": 0.25, "random_right": (images == 0).astype(int)}
            pair = {"source": source["model"], "target": target["model"], "search": "gradient", "fraction": 0.1}
            pair |= {"classes": 1000 if target["kind"] == "brought" else 4, "index": images}
            rows.append(pd.DataFrame({**pair, **seen}))
        parts.append(tmp_path / f"{target['model']}.csv")
        pd.concat(rows).to_csv(parts[-1], index=False)
    members = {ensemble()["model"]: [model["model"] for model in models[:2]]}
    given = Inputs(parts=parts, settings={"members": members, "classifiers": {model["model"]: model for model in models}})
    table = transfers.make(given).rows
    assert list(table.source) == [model["model"] for model in models for _ in models]
    assert table[["images", "compared", "random_accuracy"]].drop_duplicates().values.tolist() == [[10, 9, 0.1]]
    assert table.mean_confidence.tolist() == pytest.approx([number / 10 + 41 / 900 for number in range(5) for _ in models])
    assert table.relation.value_counts().to_dict() == {
        "another classifier": 10, "itself": 5, "trained otherwise": 4, "its ensemble": 4, "another seed": 2,
    }  # fmt: skip
    assert table[table.target == BROUGHT[0]["model"]].chance.tolist() == [0.001] * 5
    assert table[table.target != BROUGHT[0]["model"]].chance.tolist() == [0.25] * 20
    assert (table.accuracy_low < table.accuracy).all()
    means = transfer_by_relation.make(given).rows.set_index("relation")
    assert means.pairs.to_dict() == table.relation.value_counts().to_dict()
    assert list(means.index) == list(transfers.RELATIONS)
    assert means.confidence["another seed"] == pytest.approx(0.05 + 41 / 900) and means.accuracy["itself"] == 0.9
    low, high = means.loc["another seed", ["confidence_low", "confidence_high"]]
    assert 0.05 < low < means.confidence["another seed"] < high < 0.14  # over images; pairs, which share networks, as they are
    assert means.random_confidence["itself"] == 0.25 and means.random_accuracy["itself"] == pytest.approx(0.1)
    figure = transfer.draw(inputs(transfer=table, transfer_by_relation=means.reset_index()))
    assert "one in 4 and 1,000 classes" in texts(figure)
    assert "itself\n(5 pairs)" in texts(figure) and "another seed of its kind\n(2 pairs)" in texts(figure)
    for axis in figure.axes:
        whiskers = [len(found.get_segments()) for found in axis.collections if hasattr(found, "get_segments")]
        assert sum(whiskers) == 15  # of the lines of six pairs or fewer


def test_means_over_pairs_leave_networks_of_shuffled_labels_out(tmp_path):
    """Two networks that are 0.9 and 0.7 sure of their own subsets, and one of shuffled labels that is 0.1 sure of its own."""
    models = [network("full", 0), network("full", 1), network("shuffled", 0, labels="shuffled")]
    rows = [
        {"source": a["model"], "target": b["model"], "search": "gradient", "fraction": 0.1, "classes": 4, "index": image,
         "confidence": sure if a is b else 0.3, "right": 1, "random_confidence": 0.25, "random_right": 0}
        for a, sure in zip(models, (0.9, 0.7, 0.1), strict=True) for b in models for image in range(9)
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(tmp_path / "a.csv", index=False)
    settings = {"members": {}, "classifiers": {model["model"]: model for model in models}}
    given = Inputs(parts=[tmp_path / "a.csv"], settings=settings)
    means = transfer_by_relation.make(given).rows.set_index("relation")
    assert means.pairs.to_dict() == {"itself": 2, "another seed": 2} and means.confidence["itself"] == pytest.approx(0.8)
    table = transfers.make(given).rows
    assert len(table) == 9  # a row a pair, nulls too
    confidence, _ = transfer.draw(inputs(transfer=table, transfer_by_relation=means.reset_index())).axes
    points = [list(line.get_xdata()) for line in confidence.lines if line.get_marker() == "o"]
    assert points == [pytest.approx([90, 70]), pytest.approx([30, 30])]
    settings["classifiers"] = dict.fromkeys(settings["classifiers"], models[2])
    means = transfer_by_relation.make(given).rows
    assert means.empty and "shuffled labels" in texts(
        transfer.draw(inputs(transfer=transfers.make(given).rows, transfer_by_relation=means))
    )


def test_numbers_on_a_heat_map_are_legible():
    """Black from the middle of the colours on."""
    axis = Figure().add_subplot()
    style.heat_map(axis, np.array([[0, 0.49, 0.5, 1]]), list("abcd"), ["row"])
    assert [text.get_text() for text in axis.texts] == ["0", "49", "50", "100"]
    assert [text.get_color() for text in axis.texts] == ["white", "white", "black", "black"]


def test_planted_recovery_draws_precision_against_chance():
    figure = planted_recovery.draw(inputs(planted_recovery=planted_table()))
    assert "1000/10/20" in texts(figure) and "strength 0.5" in texts(figure)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels[1] == "gradient:\nCNN, full images, 1" and labels[4] == "gradient:\nensemble logits"
    points, crosses = (line.get_xdata() for line in figure.axes[0].lines if line.get_marker() in ("o", "x"))
    assert list(points) == [0.8] * 6 and list(crosses) == [0.06] * 6
    (bars,) = (drawn.lines[2][0].get_segments() for drawn in figure.axes[1].containers)
    assert [part[:, 0].tolist() for part in bars] == [pytest.approx([0.8, 0.95])] * 6


def test_wrong_classes_show_the_class_held_equal_hollow_where_it_is_known():
    known = wrong_table(BROUGHT[:1])
    for table, hollow in ((known, [1.1, 1.1]), (known.assign(same_class_ratio=np.nan), [])):
        figure = wrong_class.draw(inputs(wrong_class=table))
        drawn = [line for line in figure.axes[1].lines if line.get_markerfacecolor() == "white"]
        assert [float(line.get_xdata()[0]) for line in drawn] == hollow
        assert ("hollow: with the class held equal" in texts(figure)) == bool(hollow)


def test_wrong_classes_have_the_counts_of_their_own_row():
    """The runner-up leaves out other images than a random class; of six images with both the ratio is grey, the share is not."""
    table = wrong_table(BROUGHT[:1])
    table.loc[0, ["images", "both_found", "size_ratio_low", "size_ratio_high"]] = [9, 6, np.nan, np.nan]
    shares, ratios = wrong_class.draw(inputs(wrong_class=table)).axes
    assert [text.get_text() for text in ratios.texts] == ["9/6", "120/106", "images/\nboth found"]
    marks = [
        [
            line.get_color()
            for line in axis.lines
            if line.get_marker() == "o" and len(line.get_xdata()) and line.get_markerfacecolor() != "white"
        ]
        for axis in (shares, ratios)
    ]
    assert marks == [[style.COLOURS[0]], [style.GREY]]


def test_counts_that_differ_are_given_from_the_least_to_the_most():
    seen = accuracy_table()
    seen.loc[0, "images"] = 20
    assert "accuracy on 20–30 test images" in texts(accuracy.draw(inputs(accuracy=seen)))
    pairs_of = transfer_table(NETWORKS[:2])
    pairs_of.loc[0, "images"] = 40
    assert "(40–360 images" in texts(transfer_matrix.draw(inputs(transfer=pairs_of)))
    both = transfer_inputs(NETWORKS[:2])
    both.tables["transfer"].loc[0, "images"] = 40
    assert "40–360 images" in texts(transfer.draw(both))
    shown_to = border_table(BROUGHT[:1])
    shown_to.loc[0, "images"] = 50
    assert "n = 50–500" in texts(border.draw(inputs(border=shown_to)))
    style.plt.close("all")
    assert style.images_in_words(2, [30, 90, 60]) == "2 seeds × 30–90 images" and style.images_in_words(1, [5, 5]) == "5 images"


def test_redundancy_names_the_accuracy_of_each_group():
    figure = redundancy.draw(inputs(redundancy=redundancy_table(NETWORKS[:1])))
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["CNN\nfull images\n(91.2% right)"]
    style.plt.close(figure)


def marks(axis):
    """Colours of the points drawn, from the top down."""
    points = [line for line in axis.lines if line.get_marker() in ("o", "s") and len(line.get_xdata())]
    return [line.get_color() for line in sorted(points, key=lambda line: line.get_ydata()[0])]


def test_rows_of_too_few_images_are_grey_and_without_an_interval():
    """Of two rows the second has no interval, which tables give of eight images or more."""
    nothing = {f"{name}_{end}": np.nan for name in ("difference", "subsets", "accuracy", "share") for end in ("low", "high")}
    edges = edges_table(BROUGHT[:1])
    counts = redundancy_table(BROUGHT[:1]).query("answer != 'all'")
    leaks = leakage_table()[lambda table: (table.audit == table.audit[0]) & table.control.isin(["kept", "position"])]
    first = {mask_edges: style.COLOURS[0], redundancy: style.COLOURS[0], leakage: style.COLOURS[1]}
    for figure, table in ((mask_edges, edges), (redundancy, counts), (leakage, leaks)):
        few = table.assign(**{name: [*table[name][:1], value] for name, value in nothing.items() if name in table})
        drawn = figure.draw(inputs(**{figure.__name__.split(".")[-1]: few}))
        assert marks(drawn.axes[0]) == [first[figure], style.GREY] and "nan" not in texts(drawn), figure.__name__
        drawn.draw_without_rendering()
        style.plt.close(drawn)
    table = size_table([network("full")], thresholds=(0.5, 0.9))
    sizes = means(table[(table.threshold == 0.5) | (table["index"] < 7)], "exact")
    line, few = sis_size_by_threshold.draw(inputs(sis_size_by_threshold=sizes)).axes[0].lines
    assert (
        few.get_markerfacecolor() == "white"
        and few.get_color() == line.get_color()
        and len(few.get_xdata()) == 1
        and few.get_xdata()[0] == line.get_xdata()[1]
    )


def test_an_audit_shows_its_floor_where_it_has_one():
    """Random pixels where masks lie, the stricter null; else any random ones; else no line and no word of it."""
    table = leakage_table()[lambda table: table.audit == table.audit[0]]
    for left_out, expected in (([], 0.185), (["matched"], 0.1), (["matched", "random"], None)):
        figure = leakage.draw(inputs(leakage=table[~table.control.isin(left_out)]))
        dashed = [line.get_xdata()[0] / 100 for line in figure.axes[0].lines if line.get_linestyle() == "--"]
        assert dashed == ([] if expected is None else [pytest.approx(expected)])
        assert ("dashed" in texts(figure)) == (expected is not None)
        style.plt.close(figure)


def test_an_audit_says_which_pixels_it_is_of():
    first, second = leakage_table().groupby("audit", sort=False)
    table = pd.concat([first[1], second[1].assign(fraction=np.nan, threshold=0.99, pixels=16.31)])
    shown = leakage.draw(inputs(leakage=table))
    assert "6.25 % of the pixels" in texts(shown) and "subsets at 99 %, 16.3 pixels" in texts(shown)
    style.plt.close(shown)


def test_few_networks_have_their_transfer_printed_and_many_not():
    printed = [
        len(transfer_matrix.draw(inputs(transfer=transfer_table([network("full", s) for s in range(n)]))).axes[0].texts)
        for n in (12, 13)
    ]
    assert printed[0] == printed[1] + 144


@pytest.mark.parametrize(
    ("side", "classes", "across"), [(32, 10, 5), (32, 6, 5), (32, 3, 3), (16, 9, 9), (16, 6, 6), (8, 10, 10)]
)
def test_examples_stand_in_blocks_and_no_word_lies_on_another(side, classes, across):
    """Of images above 16x16 five side by side, so that their colours are seen; of long names, too."""
    ordering = random_orderings(classes, side, classes)
    pictures = np.random.default_rng(0).integers(0, 256, (classes, side, side, 3), dtype=np.uint8)
    names = [f"automobile{number}" for number in range(classes)]
    figure = sis_examples.draw(shown([(network(), ordering)], ArraySource(pictures, ordering.label), names))
    seen = [axis for axis in figure.axes if axis.get_visible()]
    figure.canvas.draw()
    assert len(figure.axes) == -(-classes // across) * 2 * across and len(seen) == 2 * classes
    words = [text for axis in seen for text in (axis.title, axis.xaxis.label, axis.yaxis.label, *axis.texts) if text.get_text()]
    boxes = [text.get_window_extent().padded(-2) for text in words]
    for place, box in enumerate(boxes):
        others = [words[n].get_text() for n in range(place) if box.overlaps(boxes[n])]
        assert not others, (words[place].get_text(), others)
    style.plt.close(figure)


def test_examples_are_right_answers_of_every_class():
    ordering = random_orderings(wrong=7)
    chosen = sis_examples.choose([ordering], 5)
    assert chosen.tolist() == [10, 15, 11, 16, 7, 12, 8, 13, 9, 14]
    assert sis_examples.choose([random_orderings(30, classes=15)], 15, most=4).tolist() == [0, 5, 9, 14]
    images = ArraySource(np.random.default_rng(0).integers(0, 256, (30, 8, 8, 1), dtype=np.uint8), ordering.label)
    figure = sis_examples.draw(shown([(network(), ordering)], images, "abcde"))
    assert len(figure.axes) == 20


def test_examples_are_found_by_their_number_among_what_every_network_searched():
    first = random_orderings(30)
    second = dataclasses.replace(random_orderings(30, seed=1), index=np.arange(30)[::-1] + 3)
    chosen = sis_examples.choose([first, second], 5)
    assert chosen.min() >= 3 and (first.label[chosen] == np.repeat(range(5), 2)).all()
    images = ArraySource(np.zeros((40, 8, 8, 1), np.uint8), np.arange(40) % 5)
    figure = sis_examples.draw(shown([(network("one"), first), (network("two"), second)], images, "abcde"))
    expected = sis.find_sis(second, 0.9).size[list(second.index).index(chosen[0])]
    assert figure.axes[20].get_xlabel().startswith(f"{expected}\n")


def test_what_has_no_subset_is_said_in_words():
    ordering = dataclasses.replace(random_orderings(1, classes=1), log_odds=np.full((1, 65), -9, np.float32))
    images = ArraySource(np.zeros((11, 8, 8, 1), np.uint8), np.zeros(11, np.int64))
    assert "none" in texts(sis_examples.draw(shown([(network(), ordering)], images, "a")))
    full = dataclasses.replace(ordering, log_odds=-ordering.log_odds)
    assert "empty" in texts(sis_examples.draw(shown([(network(), full)], images, "a")))
    many = random_orderings(11, classes=1)
    wrong = dataclasses.replace(many, predicted=many.label + 1)
    assert "No image" in texts(sis_examples.draw(shown([(network(), wrong)], images, "a")))


@pytest.mark.parametrize("name", ["blanks", "mask_edges", "dots", "redundancy", "wrong_class"])
def test_a_table_of_nothing_has_a_head_its_figure_says_so_and_nothing_is_answered(name, tmp_path):
    """No image has a subset at the threshold, or none was searched towards both classes."""
    row = {**of(network()), "threshold": 0.9}
    part = {**row, "index": 0, "status": "none", "full_at_threshold": False, "subsets": 0, "pixels": 0, "cap": 4, "correct": True}
    write_table(tmp_path / "redundancy.csv", pd.DataFrame([part]))
    if name != "redundancy":
        write_table(tmp_path / f"{name}.csv", pd.DataFrame(columns=COLUMNS).assign(**row))
    apart = [
        Found(of(network(), target) | {"target": target}, random_orderings(4, numbers=range(first, first + 4)))
        for target, first in (("predicted", 0), ("other", 4))
    ]
    accuracy = pd.DataFrame([network()]).assign(accuracy=0.5, split="test", test_mask="all")
    given = {"threshold": 0.9, "fraction": 0.1, "search": "predicted"}
    table = find(f"overinterp.tables.{name}").make(
        Inputs(apart, {"accuracy": accuracy}, [tmp_path / f"{name}.csv"], settings=given)
    )
    write_table(tmp_path / "table.csv", table.rows)
    read = read_table(tmp_path / "table.csv")
    assert len(read) == 0 and "group" in read and list(table.summary) == list(read)
    assert " no " in f" {texts(find(f'overinterp.figures.{name}').draw(inputs(**{name: read})))}"
    assert answer(name, read, 0.9) == []
    with pytest.raises(ValueError, match="found no columns"):
        write_table(tmp_path / "none.csv", pd.DataFrame([]))


def test_ten_images_searched_are_all_shown_by_class_with_published_sizes():
    ordering = dataclasses.replace(random_orderings(10, classes=3), index=np.array([7, 3, 10, 1, 4, 2, 8, 6, 5, 0]))
    assert sis_examples.choose([ordering], 3).tolist() == [0, 1, 7, 8, 3, 4, 6, 2, 5, 10]
    images = ArraySource(np.zeros((11, 8, 8, 1), np.uint8), np.zeros(11, np.int64))
    row = network("anything", 0, "resnet20")
    drawn = texts(sis_examples.draw(shown([(row, ordering)], images, "abc", 0.99, "cifar10")))
    assert "(1)" in drawn and "(29)" in drawn  # images 10 and 4
    assert published.sis_sizes("cifar10", row, 0.99)[10] == 1
    assert published.sis_sizes("cifar10", {**row, "keep_probability": 0.8}, 0.99) == {}
    assert published.sis_sizes("cifar10", row, 0.9) == {}
    assert published.sis_sizes("digits", row, 0.99) == {}
    means = {key: np.mean(sizes) for key, sizes in published.SIS_SIZE.items()}
    assert [means[a, False] for a in ("resnet18", "resnet20", "vgg16")] == pytest.approx([28.5, 24.0, 18.2])


def test_removed_pixels_are_pale_blue_and_kept_ones_outlined():
    image, kept = np.full((2, 2, 1), 9, np.uint8), np.array([[True, False], [False, False]])
    shown = sis_examples.shown_pixels(image, kept)
    assert shown[0, 0].tolist() == [9, 9, 9] and shown[1, 1].tolist() == sis_examples.REMOVED.tolist()
    assert len(sis_examples.outline(kept)) == 4


def test_the_border_table_takes_the_rows_that_are_meant():
    """Of networks that know full images their own masks; of others what they learnt on, as many other pixels, full images."""
    row = {**network(), "masks_model": "", "split": "test", "test_paint": "values", "images": 400, "classes": 10, "accuracy": 0.5}
    student = {**row, **network("border_10", train_mask="border", train_fraction=0.1), "accuracy": 0.7}
    teacher = {"teacher": "small_cnn-full-0", "masks_model": "small_cnn-full-0", "train_paint": "position", "accuracy": 0.85}
    placed = {**row, **network("position_10", train_mask="kept", train_fraction=0.1), **teacher}
    rows = [
        {**row, "test_mask": "all", "test_fraction": 1.0, "accuracy": 0.9},
        {**row, "test_mask": "border", "test_fraction": 0.1},
        {**row, "test_mask": "kept", "test_fraction": 0.1, "masks_model": "small_cnn-full-0", "accuracy": 0.8},
        {**row, "test_mask": "kept", "test_fraction": 0.1, "masks_model": "another", "accuracy": 0.1},
        {**row, "test_mask": "random", "test_fraction": 0.1, "test_paint": "position"},
        {**student, "test_mask": "border", "test_fraction": 0.1},
        {**student, "test_mask": "border", "test_fraction": 0.2},
        {**student, "test_mask": "center", "test_fraction": 0.1, "accuracy": 0.6},
        {**student, "test_mask": "all", "test_fraction": 1.0, "accuracy": 0.4},
        {**placed, "test_mask": "kept", "test_fraction": 0.1, "test_paint": "position"},
        {**placed, "test_mask": "kept", "test_fraction": 0.1, "test_paint": "values", "accuracy": 0.2},
        {
            **placed,
            "test_mask": "kept",
            "test_fraction": 0.1,
            "test_paint": "position",
            "masks_model": "another",
            "accuracy": 0.3,
        },
    ]
    found = tables_border.make(inputs(accuracy=pd.DataFrame(rows))).rows
    meant = [
        ("full", "all", 0.9),
        ("full", "border", 0.5),
        ("full", "kept", 0.8),
        ("same", "border", 0.7),
        ("same", "position", 0.85),
    ]
    meant += [("another", "center", 0.6), ("another", "all", 0.4)]
    assert list(zip(found.trained, found.test_mask, found.accuracy, strict=True)) == meant
    half = found[found.accuracy == 0.5].iloc[0]
    assert (half.accuracy_low, half.accuracy_high) == pytest.approx((0.4513, 0.5487), abs=2e-4)  # Wilson, 200 of 400
    assert (found.chance == 0.1).all()


def test_one_share_of_the_border_has_a_row_a_view_and_a_mark_a_network():
    table = border_table()
    axes = border.draw(inputs(border=table[table.fraction.isin([0.1, 1])])).axes
    assert [label.get_text() for label in axes[0].get_yticklabels()] == ["kept", "random", "border", "center"]
    rows = table[(table.fraction == 0.1) & (table.group == table.group.iloc[0])]
    for place, mask in enumerate(["kept", "random", "border", "center"]):
        drawn = [line for bar in axes[0].containers for line in bar[:1] if abs(line.get_ydata()[0] - place) < 0.5]
        assert sorted(x for line in drawn for x in line.get_xdata()) == pytest.approx(
            sorted(100 * rows[rows.test_mask == mask].accuracy)
        )


def test_the_atlas_by_hand():
    """Two seeds of a network and one classifier brought along: means of seeds, the interval of a single one, ratios to even."""
    models = [network("full", 0), network("full", 1), brought()]
    keys = ["kind", "group", "architecture", "condition", "source"]
    accuracy = pd.DataFrame(models).assign(split="test", test_mask="all", accuracy=[0.9, 0.7, 0.5], images=100)
    rings = pd.DataFrame(models).assign(split="test", target="predicted", search="exact", rings=1, fraction=0.1, images=50)
    rings = rings.assign(share=[0.2, 0.4, 0.3], share_low=0.1, share_high=0.4, uniform_share=0.2)
    sizes = pd.DataFrame(models).drop_duplicates("group")[keys].assign(split="test", target="predicted", search="exact")
    sizes = sizes.assign(
        threshold=0.9, models=[2, 1], images=40, subsets=[60, 25], mean=[12.0, 8.0], low=[10.0, 7.0], high=[14.0, 9.0]
    ).assign(least=[5.0, np.nan], most=[19.0, np.nan])
    given = inputs(accuracy=accuracy, pixel_rings=rings, sis_size_by_threshold=sizes, settings={"threshold": 0.9})
    table = atlas_table.make(given).rows.set_index(["group", "quantity"])
    full, alone = models[0]["group"], models[2]["group"]
    assert table.loc[(full, "accuracy"), "value"] == pytest.approx(0.8) and np.isnan(table.loc[(full, "accuracy"), "low"])
    assert table.loc[(alone, "accuracy"), ["low", "high"]].tolist() == pytest.approx([0.4038, 0.5962], abs=1e-3)
    assert table.loc[(full, "size"), ["networks", "value", "least", "most"]].tolist() == [2, 12, 5, 19]
    assert table.loc[(full, "border"), ["least", "most"]].tolist() == pytest.approx([1, 2])
    assert table.loc[full, ["low", "high"]].isna().all(axis=None)  # an interval over images says nothing of seeds
    assert table.loc[alone, ["least", "most"]].isna().all(axis=None)
    assert table.loc[(alone, "size"), ["value", "low", "high"]].tolist() == [8, 7, 9]
    assert table.xs("size", level=1).images.tolist() == [30, 25]
    assert table.loc[(full, "border"), "value"] == pytest.approx(1.5)
    assert table.loc[(alone, "border"), ["value", "low", "high"]].tolist() == pytest.approx([1.5, 0.5, 2])
    figure = atlas.draw(inputs(atlas=table.reset_index(), settings={"threshold": 0.9}))
    assert "90 % sure" in texts(figure) and "exact" in texts(figure)
    counts = [[text.get_text() for text in axis.texts] for axis in figure.axes]
    assert counts == [["100", "100"], ["30", "25"], ["50", "50"]]  # images, of each panel
    rows = pd.DataFrame(models).assign(search="exact", subset="kept", class_name="", images=40, box_share=0.5)
    given.tables["object_share"] = rows.assign(share=[0.6, 0.7, 0.4], share_low=0.3, share_high=0.5)
    leaks = {"teacher": models[2]["model"], "search": "exact", "target": "predicted", "images": 300, "networks": 2}
    leaks |= {"share": [1.0, 1.05], "share_low": [1.0, -0.2], "share_high": [1.0, 1.4], "architecture": "small_cnn"}
    leaks = pd.DataFrame(leaks | {"control": ["kept", "position"], "fraction": 0.05})
    given.tables["leakage"] = pd.concat([leaks.assign(fraction=np.nan, threshold=0.9, share=0.9), leaks])
    told = pd.DataFrame([models[0], models[2]]).assign(search="exact", subset="sis", shown="dots", models=[2, 1], images=25)
    told = told.assign(confidence=0.46, confidence_low=0.4, confidence_high=0.52, least=[0.3, np.nan], most=[0.6, np.nan])
    given.tables["dots"] = pd.concat([told, told.assign(shown="white", confidence=1), told.assign(subset="kept", confidence=0)])
    more = atlas_table.make(given).rows.set_index(["group", "quantity"])
    assert more.loc[(full, "object"), ["value", "least", "most"]].tolist() == pytest.approx([1.3, 1.2, 1.4])
    assert more.loc[(alone, "object"), ["value", "low", "high", "images"]].tolist() == pytest.approx([0.8, 0.6, 1, 40])
    assert more.loc[(alone, "leak"), ["value", "low", "high", "images"]].tolist() == [1.05, -0.2, 1.4, 300]
    assert more.loc[(alone, "dots"), ["value", "low", "high", "images"]].tolist() == [0.46, 0.4, 0.52, 25]
    assert more.loc[(full, "dots"), ["value", "least", "most"]].tolist() == [0.46, 0.3, 0.6]
    assert (full, "leak") not in more.index and more.drop(["object", "dots", "leak"], level=1).equals(table)
    six = atlas.draw(inputs(atlas=more.reset_index(), settings={"threshold": 0.9}))
    assert [axis.get_title().split("\n")[0] for axis in six.axes[3:6]] == [
        "object share",
        "sure of mere dots",
        "position reaches",
    ]
    for axis in six.axes[:6]:  # no interval is cut off, and no mark
        ends = np.concatenate([bars.get_segments() for drawn in axis.containers for bars in drawn.lines[2]])[..., 0]
        low, high = axis.get_xlim()
        assert low < ends.min() and ends.max() < high and (axis.get_xscale() == "log" or low < 0)
    assert "no classifier was searched" in texts(atlas.draw(inputs(atlas=table[:0].reset_index(), settings={"threshold": 0.9})))
