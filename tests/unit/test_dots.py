"""Subsets shown as dots: by hand, and of networks of which it is known what they read."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from overinterp import dots
from overinterp.artifacts.tables import write_table
from overinterp.data.source import ArraySource
from overinterp.inputs import Inputs
from overinterp.perturbations import COLUMNS, Shown
from overinterp.search.images import search_images
from overinterp.tables import dots as table
from tests.unit.test_perturbations import Bag, Lone, mask
from tests.unit.toys import EXACT, network, of

COLOURS = list(dots.COLOURS)


class Pair(nn.Module):
    """Sure of two pixels, one above the other wherever they are, that deviate from 0.5 the same way."""

    def forward(self, x):
        apart = x[:, 0] - 0.5
        odds = 80 * (apart[:, 1:] * apart[:, :-1]).amax((1, 2)) - 3
        return torch.stack([torch.zeros_like(odds), odds], 1)


class There(nn.Module):
    """Sure where pixel (2, 5) deviates from 0.5, whichever way."""

    def forward(self, x):
        odds = 30 * (x[:, 0, 2, 5] - 0.5).abs() - 3
        return torch.stack([torch.zeros_like(odds), odds], 1)


def shown(classifier, threshold=0.9, fraction=0.125):
    """The table of 20 pictures, pixels (2, 5) and (3, 5) of which are bright; of all others some are."""
    images = 0.45 + 0.5 * np.random.default_rng(0).random((20, 8, 8, 1))
    images[:, 2:4, 5] = 0.95
    source = ArraySource((255 * images).astype(np.uint8), np.arange(20) % 2)
    ordering = search_images(classifier, source, range(20), [0.5], EXACT)
    found = Shown(classifier, source, ordering.index, ordering.target, [0.5], [0, 2], "cpu")
    return dots.as_dots(found, ordering, threshold, fraction), found.passes


def told(rows, tmp_path, threshold=0.9):
    write_table(tmp_path / "a.csv", rows.assign(**of(network()), threshold=threshold))
    return table.make(Inputs(parts=[tmp_path / "a.csv"], settings={"threshold": threshold, "fraction": 0.125})).rows


def test_a_network_that_reads_where_one_that_reads_colours_and_one_that_adds_up_are_told_apart(tmp_path):
    found = {}
    for classifier in (There(), Lone(), Bag(), Pair()):
        rows, passes = shown(classifier)
        assert passes == 20 * dots.PASSES
        made = told(rows, tmp_path)
        assert set(made.subset) == {"sis", "kept"} and (made.images == 20).all()
        found[type(classifier).__name__] = made.set_index(["subset", "shown"])
    # a place: any colour, the image's own or another's, does there, and none elsewhere
    place = found["There"]
    assert (place.confidence["sis"][["values", "shuffled", *COLOURS]] > 0.9).all() and place.pixels["sis", "dots"] == 1
    assert (
        place.confidence["sis", "sides"] > 0.9
        and (place.confidence["sis"][["moved", "jittered"]] < 0.06).all()
        and place.above_random["sis", "dots"] > 0.8
    )
    # a colour: of the four the bright ones, as sure as they are bright
    colour = found["Lone"].confidence["sis"]
    assert colour["white"] > 0.98 and colour["lighter"] == pytest.approx(1 / (1 + np.exp(-2)), abs=1e-4)
    assert colour["black"] < 0.02 and colour["dots"] == pytest.approx(colour[COLOURS].mean())
    assert found["Lone"].sufficient_share["sis", "dots"] == 0.25 and found["Lone"].colours["sis", "dots"] == 4
    # a sum: wherever the pixels lie, and whosever colours they are
    total = found["Bag"]
    assert total.confidence["kept", "shuffled"] == pytest.approx(total.confidence["kept", "values"], abs=1e-5)
    for elsewhere in ("moved", "random"):
        assert total.confidence["sis", elsewhere] == pytest.approx(total.confidence["sis", "dots"], abs=1e-5)
    assert total.above_random["sis", "dots"] == pytest.approx(0, abs=1e-5)
    assert total.confidence["kept", "random_values"] < total.confidence["kept", "values"] and total.pixels["kept", "dots"] == 8
    # an arrangement: moved as it is it does, moved pixel by pixel or in colours that differ it often does not
    pair = found["Pair"].confidence["sis"]
    assert found["Pair"].pixels["sis", "dots"] == 2
    assert pair["moved"] == pytest.approx(pair["dots"]) and (pair[["white", "black"]] > 0.9).all()
    assert pair["jittered"] < 0.7 * pair["dots"] and pair["noise"] < 0.7 * pair["dots"] and pair["random"] < 0.1


def test_dots_near_the_blank_are_none():
    assert list(dots.colours([0.5, 0.5, 0.4])) == COLOURS
    assert dots.colours([0.4])["lighter"] == pytest.approx(0.7) and dots.colours([0.4])["darker"] == pytest.approx(0.2)
    assert list(dots.colours([0.0])) == list(dots.colours([1 / 512])) == ["lighter", "white"]
    assert list(dots.colours([1.0])) == ["darker", "black"] and "darker" in dots.colours([0.25])
    assert list(dots.colours([0.0, 1.0])) == COLOURS  # of several channels none is the blank's


def test_places_are_moved_by_hand():
    one = mask("........", ".#......", "........", ".......#")
    ways = {tuple(way) for number in range(200) for way in _ways(one, dots.moved(one, np.array([number]), [0, 2]))}
    assert ways == {(row, column) for row in (-1, 0, 1) for column in (-1, 0, 1) if row or column}  # an eighth of 4 rows: one
    large = np.zeros((1, 16, 24), bool)
    large[0, 3, 5] = large[0, 15, 23] = True
    farther = {tuple(way) for number in range(400) for way in _ways(large, dots.moved(large, np.array([number]), [0, 2]))}
    assert len(farther) == 24 and max(max(map(abs, way)) for way in farther) == 2
    both = dots.moved(np.repeat(large, 3, 0), np.arange(3), [0, 2])
    assert np.array_equal(both[2:], dots.moved(large, np.array([2]), [0, 2]))  # by the image's own draw


def _ways(masks, found):
    """By how many rows and columns a mask was moved as it is, round and round."""
    for row in range(-2, 3):
        for column in range(-2, 3):
            if np.array_equal(np.roll(masks, (row, column), (1, 2)), found):
                yield row, column


def test_what_the_network_is_shown_by_hand():
    """Three channels, a blank of three values: colours, sides and the image's own, at the places and nowhere else."""
    images = np.zeros((2, 4, 4, 3), np.uint8)
    images[:, 0, 0], images[:, 1, 1], images[:, 2, 3] = (255, 255, 255), (0, 102, 0), (51, 255, 255)
    blank = np.float32([0.4, 0.5, 0.6])

    seen_by = []

    class Keeps(nn.Module):
        def forward(self, x):
            seen_by.append(x[:2].permute(0, 2, 3, 1).numpy())
            return torch.zeros(len(x), 2)

    source = ArraySource(images, np.arange(2))
    shown = Shown(Keeps(), source, np.arange(2), np.arange(2), blank, [0, 2], "cpu")
    kept = np.zeros((2, 4, 4), bool)
    kept[:, [0, 1, 2], [0, 1, 3]] = True
    for variant, masks, paint in dots._variants(shown, kept, np.arange(2)):
        shown.confidence(masks, paint=paint)
        seen = seen_by.pop()
        where = {"m": dots.moved(kept, np.arange(2), [0, 2]), "j": dots.jittered(kept, np.arange(2), [0, 2])}
        places = where[variant[0]] if variant.startswith(("moved", "jittered")) else masks
        assert np.array_equal(np.abs(seen - blank).max(3) > 1e-6, places)  # all else is blank
        there = seen[places]
        colour = {"lighter": (1 + blank) / 2, "white": 1, "darker": blank / 2, "black": 0}.get(variant.rpartition("_")[2])
        if colour is not None:
            assert np.allclose(there, colour)
        elif variant == "values":
            assert np.allclose(seen[kept], images[kept] / 255)
        elif variant == "sides":
            assert np.allclose(seen[0][kept[0]], [(1 + blank) / 2, blank / 2, (1 + blank) / 2])
        elif variant == "shuffled":
            assert np.allclose(np.sort(there.reshape(2, 3, 3), 1), np.sort((images[kept] / 255).reshape(2, 3, 3), 1))
        elif variant == "noise":
            assert not np.allclose(there[:3], there[3:]) and np.ptp(there, axis=1).min() > 0  # of each image, of each channel
        if variant.startswith("random"):
            assert not np.array_equal(masks[0], masks[1]) and (masks.sum((1, 2)) == 3).all()


@given(st.integers(0, 99), st.integers(1, 12))
def test_each_place_is_moved_to_a_neighbour_by_the_images_own_draw(seed, n):
    rng = np.random.default_rng(seed)
    masks = rng.random((n, 6, 7)) < 0.2
    found = dots.jittered(masks, np.arange(n), [seed, 2])
    around = np.zeros_like(masks)
    for row, column in dots.AROUND:
        around |= np.roll(masks, (row, column), (1, 2))
    assert not (found & ~around).any() and (found.sum((1, 2)) <= masks.sum((1, 2))).all()
    assert np.array_equal(dots.jittered(masks[-1:], np.array([n - 1]), [seed, 2])[0], found[-1])


def test_a_single_place_goes_to_each_neighbour_as_often():
    one = np.repeat(mask(".....", ".....", "..#..", ".....", "....."), 4000, axis=0)
    share = dots.jittered(one, np.arange(4000), [0, 2]).mean(0)
    assert share[2, 2] == 0 and np.abs(share[1:4, 1:4][np.arange(9).reshape(3, 3) != 4] - 1 / 8).max() < 0.026  # five errors


def test_the_table_by_hand(tmp_path):
    """Two networks, eight and nine images: means of colours, the interval of shares, the range of networks."""
    there = {"values": 0.95, "shuffled": 0.5, "noise": 0.3, "sides": 0.7, "white": 0.5, "black": 0.9}
    elsewhere = {f"{where}_{colour}": value for where, value in (("moved", 0.4), ("jittered", 0.2), ("random", 0.1))
                 for colour in ("white", "black")}  # fmt: skip
    rows = [
        {"index": image, "correct": True, "size_pixels": 5, "test": test, "variant": name, "pixels": 5,
         "confidence": value + 0.05 * seed, **of(network(seed=seed)), "threshold": 0.9}
        for seed in range(2) for image in range(8 + seed) for test in ("dots_sis", "dots_kept")
        for name, value in (there | elsewhere | {"random_values": 0.15}).items()
    ]  # fmt: skip
    for seed in range(2):
        write_table(tmp_path / f"{seed}.csv", pd.DataFrame([row for row in rows if row["seed"] == seed]))
    parts = [tmp_path / "0.csv", tmp_path / "1.csv"]
    found = table.make(Inputs(parts=parts, settings={"threshold": 0.9, "fraction": 0.1})).rows.set_index(["subset", "shown"])
    shown = ["values", "shuffled", "noise", "sides", "white", "black", "dots", "moved", "jittered", "random", "random_values"]
    assert found.index.tolist() == [(subset, name) for subset in ("sis", "kept") for name in shown]
    means = found.confidence["sis"]
    assert means["dots"] == pytest.approx(0.725) and means[["moved", "jittered", "random"]].tolist() == pytest.approx(
        [0.425, 0.225, 0.125]
    )
    assert found.loc[("sis", "dots"), ["least", "most", "colours", "models", "images"]].tolist() == pytest.approx(
        [0.7, 0.75, 2, 2, 9]
    )
    assert found.above_random["sis", "dots"] == pytest.approx(0.6) and found.above_random["sis", "random"] == 0
    assert (
        found.sufficient_share["sis", "dots"] == 0.5
        and found.fraction["kept"].eq(0.1).all()
        and found.fraction["sis"].isna().all()
    )
    assert 0.2 < found.sufficient_share_high["sis", "random"] < 0.35  # none of nine: Wilson's
    assert len(told(pd.DataFrame(columns=COLUMNS), tmp_path)) == 0
