"""The verdict where it is known: measures by hand, classifiers whose fault is built in, classes that differ and that do not."""

import numpy as np
import pandas as pd
import pytest

from overinterp import sis
from overinterp.data import classes
from overinterp.data.source import ArraySource
from overinterp.figures.sis_examples import REMOVED
from overinterp.search.ordering import Ordering
from overinterp.statistics import interval, share_of, wilson
from overinterp.verdict import __main__ as commands
from overinterp.verdict import judgement, measures, page
from tests.unit.toys import random_orderings
from tests.unit.verdict_toys import (
    LIMITS,
    SIDE,
    Anything,
    Constant,
    Corner,
    CornerElse,
    Thirds,
    ThirdsElse,
    Wider,
    verdict,
)


def table(count=60, seed=0, classes=3, **changed):
    """Measures of images of a classifier that is blameless, apart from what is changed."""
    rng = np.random.default_rng(seed)
    found = pd.DataFrame({"index": np.arange(count), "label": np.arange(count) % classes})
    found["half"] = np.arange(count) // classes % 2
    found = found.assign(
        predicted=found.label, correct=True, status=sis.FOUND, border=rng.uniform(0.1, 0.3, count), border_uniform=0.2
    )
    found = found.assign(
        one_place_uniform=0.05, one_place=rng.uniform(0, 0.2, count), size=rng.uniform(0.02, 0.04, count), edges=0.0, survives=0.0
    )
    return found.assign(any_class=0.0, size_ratio=np.nan, object=np.nan, other_status=np.nan).assign(**changed)


def judged(rows, right=55, tested=60, limits=LIMITS):
    return judgement.judge(rows, right, tested, 1 / 3, limits, 0.1, ["ant", "bee", "cow"])


def test_border_and_halves_by_hand():
    ordering = random_orderings(n=12, side=8, classes=3)
    found, places = measures.of_images([ordering], 0.5)
    subsets = sis.find_sis(ordering, 0.5)
    for row in range(12):
        kept = sis.masks(ordering, subsets)[row]
        inner = kept[1:-1, 1:-1].sum()
        if found["size"].notna()[row]:
            assert found.border[row] == pytest.approx(1 - inner / kept.sum())
            assert np.allclose(places[row], kept / kept.sum())
    assert found.border_uniform[0] == pytest.approx(28 / 64)
    assert found.sort_values(["label", "index"]).half.tolist() == [0, 1] * 6  # in turn, class after class
    assert measures.border(224, 224)[13].all() and not measures.border(224, 224)[14, 14]


def test_one_place_is_read_off_the_other_half():
    """Places of their own, one an image, are no place of all; in their own half they would be."""
    area = np.full((8, 8), 1 / 64)
    own = np.zeros((6, 8, 8))
    own[np.arange(6), np.arange(6) + 1, np.arange(6)] = 1
    share, uniform = measures._one_place(own, np.arange(6) % 2, area)
    assert share.tolist() == [0] * 6 and uniform[0] == pytest.approx(4 / 64)  # the least that makes up a twentieth
    own[:, :, :] = 0
    own[:, 2, 5] = 1
    assert measures._one_place(own, np.arange(6) % 2, area)[0].tolist() == [1] * 6


def test_random_subsets_lie_in_one_place_as_often_as_any_pixel():
    found, _ = measures.of_images([random_orderings(n=2000, side=16, classes=4)], 0.5)
    assert found.one_place.mean() == pytest.approx(found.one_place_uniform.mean(), abs=0.01)
    assert (found.border / found.border_uniform).mean() == pytest.approx(1, abs=0.05)


def test_cells_of_large_images_make_up_the_image():
    area = measures._cells(np.ones((1, 224, 161), bool))[0]
    assert area.shape == (16, 16) and area.sum() == 224 * 161
    used = measures.most_used(np.random.default_rng(0).random((5, 16, 16)), area / area.sum())
    assert 0.05 <= (area[used].sum() / area.sum()) < 0.055


def test_any_class_counts_few_pixels_and_leaves_out_blanks():
    rows = pd.DataFrame({"index": range(5), "label": 9, "pixels": 100, "size_pixels": [5, 5, 5, 5, 5], "size": 0.05})
    other = random_orderings(n=4, side=10, classes=2)
    reached = np.full(other.log_odds.shape, -9.0, np.float32)
    reached[0, :91] = reached[1, :90] = 9  # ten pixels; eleven pixels
    reached[2, :] = 9  # the blank
    found = measures.with_other(rows, [type(other)(**{**vars(other), "log_odds": reached})], 0.9, 0.1)
    assert found.any_class[[0, 1, 3]].tolist() == [1, 0, 0] and found.any_class[[2, 4]].isna().all()
    assert found.size_ratio[:2].tolist() == [2, 2.2] and found.size_ratio[2:].isna().all()
    own = measures.with_other(rows.assign(label=other.target[0]), [type(other)(**{**vars(other), "log_odds": reached})], 0.9, 0.1)
    assert np.isnan(own.any_class[0]) and np.isnan(own.size_ratio[0])  # a wrong answer's other class may be the image's own
    nothing = measures.with_other(rows, (), 0.9, 0.1)
    assert nothing.any_class.isna().all() and nothing.size_ratio.isna().all()


def test_a_subset_survives_where_no_larger_one_is_needed():
    rows = pd.DataFrame({"index": [3, 4, 7], "pixels": 64})
    values = {("sis", 3): (5, 0.9), ("all", 3): (5, None), ("sis", 4): (5, 0.9), ("all", 4): (32, None)}
    values |= {("neighbours_1", n): (9, 0.2) for n in (3, 4)} | {("random_1", n): (9, 0.5) for n in (3, 4)}
    evaluated = pd.DataFrame(
        [{"index": n, "test": "fill", "variant": v, "pixels": p, "confidence": c} for (v, n), (p, c) in values.items()]
    )
    found = measures.with_fills(rows, evaluated)
    assert found.survives[:2].tolist() == [1, 0] and np.isnan(found.survives[2])
    assert found.size_under_all[1] == 0.5 and found.edges[0] == pytest.approx(-0.3)


@pytest.mark.parametrize(
    ("kind", "state", "faults"),
    [
        (Corner, judgement.FAULT, {"one_place", "border"}),
        (Anything, judgement.FAULT, {"any_class"}),
        (Thirds, judgement.NONE_FOUND, set()),
        (Constant, judgement.CANNOT_SAY, set()),
    ],
)
def test_classifiers_whose_verdict_is_known(tmp_path, kind, state, faults):
    found = verdict(tmp_path, kind)
    assert found["state"] == state
    assert {name for name, number in found["numbers"].items() if number["above_limit"]} == faults
    text, status = commands.check(str(tmp_path / "verdict.json"))
    assert status == {"none found": 0, "fault shown": 1, "cannot say": 2}[state] and state in text
    html = (tmp_path / "verdict.html").read_text()
    assert state in html and len(html) < 5_000_000 and "cat &lt;b&gt;" in html and "cat <b>" not in html
    assert "http" not in html.replace("http-equiv", "")


@pytest.mark.parametrize(
    ("kind", "state", "faults"),
    [(CornerElse, judgement.FAULT, {"one_place", "border"}), (ThirdsElse, judgement.NONE_FOUND, set())],
)
def test_a_class_that_is_said_of_the_blank_is_left_out_and_the_others_are_judged(tmp_path, kind, state, faults):
    """As of a detector of two classes, one of which it says of whatever shows nothing."""
    found = verdict(tmp_path, kind)
    assert (found["state"], found["empty"], found["usable"]) == (state, 20, 40)
    assert {name for name, number in found["numbers"].items() if number["above_limit"]} == faults
    assert found["reasons"][-1].startswith("Left out: 20 of 60 searched images") and "(ant)" in found["reasons"][-1]
    assert "need none of their pixels" in (tmp_path / "verdict.html").read_text()


def test_an_output_of_no_class_may_be_what_a_subset_is_of(tmp_path):
    """As of a classifier of 1,000 outputs, shown photographs of ten classes."""
    found = verdict(tmp_path, Wider)
    assert (
        found["accuracy"]["value"] == pytest.approx(2 / 3)
        and "an output of no class here" in (tmp_path / "verdict.html").read_text()
    )


def test_other_outputs_are_called_by_their_names_where_these_are_known():
    assert classes.of_outputs(["cat", "dog"], ["cat", "dog", "goldfish"]) == ["cat", "dog", "goldfish (none of the classes)"]
    assert classes.of_outputs(["cat", "dog"], []) == ["cat", "dog"]
    assert classes.called(2, ["cat", "dog"]) == "an output of no class here"


def test_where_the_objects_are_is_told_beside_and_not_judged(tmp_path):
    """Boxes of the upper half, of a network that looks at the first row, and of one that looks everywhere."""
    upper = [0, 0, SIDE - 1, SIDE // 2 - 1]
    found = verdict(tmp_path / "corner", Corner, boxes=upper)
    number = found["numbers"]["object"]
    assert (number["value"], number["images"], number["limit"], number["above_limit"]) == (1, 60, None, False)
    html = (tmp_path / "corner" / "verdict.html").read_text()
    assert "six numbers" in html and "The boxes are 50&nbsp;% of these images; of the pixels of other images" in html
    assert "laid on these, 100&nbsp;% lie inside." in html
    everywhere = verdict(tmp_path / "thirds", Thirds, boxes=upper)["numbers"]["object"]
    assert 0.35 < everywhere["value"] < 0.65 and everywhere["low"] < 0.5 < everywhere["high"]
    verdict(tmp_path / "without", Corner)
    html = (tmp_path / "without" / "verdict.html").read_text()
    assert "five numbers" in html and "on the object" not in html


def test_a_page_of_pictures_for_each_class(tmp_path):
    verdict(tmp_path, Corner, count=90)
    pages = {path.name: path.read_text() for path in (tmp_path / "verdict_classes").iterdir()}
    assert sorted(pages) == ["0.html", "1.html", "2.html"]
    assert "cat &lt;b&gt;" in pages["2.html"] and "the 24 smallest are shown" in pages["2.html"]
    assert pages["0.html"].count('<figure class="example">') == page.ON_CLASS_PAGE
    assert all(f'href="verdict_classes/{name}"' in (tmp_path / "verdict.html").read_text() for name in pages)


def test_kept_pixels_of_large_images_are_drawn_larger_and_small_ones_as_they_are():
    image = np.random.default_rng(0).integers(0, 200, (224, 224, 3)).astype(np.uint8)
    kept = np.zeros((224, 224), bool)
    kept[100, 100] = kept[101, 100] = kept[0, 223] = True
    drawn = page.subset_picture(image, kept)
    assert (drawn[kept] == image[kept]).all()
    assert (drawn[99:103, 99:102] != REMOVED).any(2).all() and (drawn[98] == REMOVED).all() and (drawn[99, 98] == REMOVED).all()
    assert (drawn[0:2, 222:] == image[0, 223]).all()
    kept[10, 20] = True
    small = page.subset_picture(image[:64, :64], kept[:64, :64])
    assert (small[10, 20] == image[10, 20]).all() and (small != REMOVED).any(2).sum() == 1


def test_pages_of_photographs_with_large_subsets_are_not_too_large(monkeypatch):
    """12,000 random pixels of 50,176, as coarse searches leave, of pictures that are nothing but noise: the worst there is.

    They are one and the same, so that the test need not draw each anew.
    """
    drawn, draw = {}, page.picture

    def once(image, exact=False):
        if (key := image.tobytes()) not in drawn:
            drawn[key] = draw(image, exact)
        return drawn[key]

    monkeypatch.setattr(page, "picture", once)
    rng, pixels, label = np.random.default_rng(0), 224**2, np.repeat(np.arange(20), [24, *[4] * 19])
    order = np.tile(rng.permutation(pixels).astype(np.uint16), (len(label), 1))
    removed = np.tile(np.array([0, pixels - 12_000, pixels], np.int32), (len(label), 1))
    odds, nothing = np.tile(np.array([9, 9, -9], np.float32), (len(label), 1)), 0 * label
    own, other = (
        Ordering(order, removed, odds, t, label, label, np.arange(len(label)), nothing, nothing, 224, 224)
        for t in (label, (label + 1) % 20)
    )
    source = ArraySource(np.tile(rng.integers(256, size=(224, 224, 3)).astype(np.uint8), (len(label), 1, 1, 1)), label)
    names = [f"class {k}" for k in range(20)]
    measured, places = measures.of_images([own], 0.9)
    rows = measures.with_other(measured, [other], 0.9, 0.1).assign(survives=np.nan, edges=np.nan, object=np.nan)
    about = {
        "study": "toy", "model": "cnn", "search": "gradient", "method": "gradient", "step": 100, "threshold": 0.9, "small": 0.1,
        "data": "", "tested": len(label), "side": "224x224", "null": None, "tables": [],
        "blank": {"colour": [128, 128, 128], "class_name": "class 0", "confidence": 0.4}, "warnings": [],
    }  # fmt: skip
    shown, classes = page.Shown(source, names, own, other, 0.9), judgement.classes(rows, names)
    whole = page.render(about, judged(rows, len(label), len(label)), {}, classes, rows, places, shown)
    pages = [whole, page.class_page(about, next(row for row in classes if row["label"] == 0), rows, places, shown)]
    assert len(pages[0].encode()) <= 1_500_000 and len(pages[1].encode()) <= 5_000_000
    examples = [made.count('<figure class="example">') for made in pages]
    assert examples[0] == page.STRIP and examples[1] >= 20  # of a class none: the worst there is
    assert "None are shown here" in pages[0] and "None are shown here" not in pages[1]


def test_a_class_is_mapped_on_the_scale_of_the_others():
    """One class uses one cell always, the other two cells half as often each: its brightest is half as bright."""
    places = np.zeros((8, 2, 2), np.float32)
    places[:4, 0, 0] = 1
    places[4:, 0, 1] = places[4:, 1, 1] = 0.5
    rows = [{"label": 0}, {"label": 1}]
    page._with_pictures(rows, pd.DataFrame({"index": range(8), "label": [0] * 4 + [1] * 4, "size": np.nan}), places, None, 4)
    assert rows[0]["map"] == rows[1]["others_map"] == page.place_map(np.array([[1, 0], [0, 0]]), 1)
    assert rows[1]["map"] == rows[0]["others_map"] == page.place_map(np.array([[0, 0.5], [0, 0.5]]), 1)
    assert rows[1]["map"] != page.place_map(np.array([[0, 0.5], [0, 0.5]]), 0.5)


def test_tables_of_the_study_are_linked(tmp_path):
    verdict(tmp_path, Corner)
    html = (tmp_path / "verdict.html").read_text()
    assert all(f'href="tables/{name}"' in html for name in ("accuracy.html", "sis_size.html", "verdict_images.csv"))


def test_a_null_of_the_study_stands_beside_it(tmp_path):
    found = verdict(tmp_path, Anything, null=Anything)
    assert found["null"]["numbers"]["size"]["value"] == found["numbers"]["size"]["value"]
    assert set(pd.read_csv(tmp_path / "tables/verdict_images.csv").model) == {"small_cnn-full-0", "small_cnn-shuffled-0"}


def test_nothing_is_said_where_nothing_can_be():
    few = table(count=60)
    few.loc[19:, ["size", "border", "one_place"]] = np.nan
    for rows, right, why in ((table(), 20, "too weak"), (few, 55, "Too few images: 19 of 60")):
        found = judged(rows, right)
        assert found.state == judgement.CANNOT_SAY and why in found.reasons[0]
    unsearched = judged(table(any_class=np.nan))
    assert unsearched.state == judgement.CANNOT_SAY and "target: other" in unsearched.reasons[0]
    left_out = judged(table(any_class=np.nan, other_status=sis.EMPTY))
    assert left_out.state == judgement.CANNOT_SAY and "the class drawn is its own, or the blank alone" in left_out.reasons[0]
    assert judged(table(any_class=1.0), limits=LIMITS | {"any_class": 1}).state == judgement.NONE_FOUND  # as a limit of 1 says
    shown_anyway = judged(table(any_class=np.nan, one_place=0.9))
    assert shown_anyway.state == judgement.FAULT


def test_the_class_that_the_blank_image_reaches_is_named():
    rows = table()
    rows.loc[rows.label == 1, "status"] = sis.EMPTY
    assert "Left out: 20 of 60 searched images" in judged(rows).reasons[-1] and "of the class (bee)," in judged(rows).reasons[-1]
    assert "data.blank" in judged(rows).reasons[-1] and judged(table()).empty == 0 and len(judged(table()).reasons) == 1
    rows.loc[rows.label == 1, "predicted"] = [7, 8] * 10  # of a classifier with more outputs than the study has classes
    assert "of the class (an output of no class here)," in judged(rows).reasons[-1]


def test_halves_are_as_large_where_each_class_has_one_image():
    found, _ = measures.of_images([random_orderings(n=24, side=8, classes=24)], 0.5)
    assert found.half.sum() == 12 and found.one_place.notna().sum() == found["size"].notna().sum() > 10


def test_a_number_of_few_images_is_not_said_to_reach_its_limit():
    found = judged(table(any_class=[0.0] * 5 + [np.nan] * 55))
    assert found.state == judgement.CANNOT_SAY and "asked of 5, 8 are needed" in found.reasons[0]
    assert "Too few test images: found 5" in judged(table(), right=5, tested=5).reasons[0]


def test_a_limit_within_the_interval_is_no_verdict():
    rows = table(any_class=(np.arange(60) % 5 == 0).astype(float))  # 12 of 60, and the limit is a quarter
    found = judged(rows)
    assert found.state == judgement.CANNOT_SAY and "reaches the limit, 25 %" in found.reasons[0]
    above = judged(table(any_class=(np.arange(60) % 10 < 3).astype(float)))  # 18 of 60: above it, but not surely
    assert above.state == judgement.CANNOT_SAY and above.numbers["any_class"].value == 0.3
    assert judged(rows, limits=LIMITS | {"any_class": 0.05}).state == judgement.FAULT
    assert judged(rows, limits=LIMITS | {"any_class": 0.5}).state == judgement.NONE_FOUND


def test_a_search_that_leaves_so_much_that_no_fault_could_show_clears_nobody():
    """Subsets of 15 % of the image: a twentieth holds a third of them at most, and a tenth is too little for its own class."""
    assert judged(table()).state == judgement.NONE_FOUND
    coarse = judged(table(size=0.15))
    assert coarse.state == judgement.CANNOT_SAY and len(coarse.reasons) == 2
    assert "to show one place: at most 33 % of" in coarse.reasons[0] and "any class: 100 % of the subsets" in coarse.reasons[1]
    assert judged(table(size=0.15), limits=LIMITS | {"one_place": 1, "any_class": 1}).state == judgement.NONE_FOUND
    assert judged(table(size=0.15, any_class=1.0)).state == judgement.FAULT
    assert judged(table(size=0.0999)).state == judgement.NONE_FOUND


def test_a_sentence_has_n_and_the_level_of_its_interval():
    number = judgement.Number("one_place", 0.6, 0.55, 0.7, 60, 0.5)
    assert judgement.sentence(number, 0.1).endswith("use most (60 images; 98.3 % interval 55 to 70 %).")
    alike = judgement.Number("one_place", 1.0, 1.0, 1.0, 60, 0.5)
    assert judgement.sentence(alike, 0.1).endswith("use most (60 images; every image alike).")


def test_a_share_has_an_interval_at_its_ends_too():
    """Wilson's interval of 0 of 20 and of 10 of 20, by hand: z = 1.96."""
    assert share_of(0, 20, 0.95) == pytest.approx((0, 0, 0.1611), abs=1e-4)
    assert share_of(10, 20, 0.95) == pytest.approx((0.5, 0.2993, 0.7007), abs=1e-4)
    assert np.isnan(share_of(3, 5, 0.95)[1:]).all()


def test_a_class_that_differs_is_found_in_one_half_and_holds_in_the_other():
    rows = table(count=240, classes=4)
    rows.loc[rows.label == 2, "border"] += 0.2
    found = {row["class_name"]: row for row in judgement.classes(rows, list("abcd"))}
    assert found["c"]["finding"] == {**found["c"]["finding"], "measure": "border", "direction": "more", "survived": True}
    only_first = table(count=240, classes=4, seed=3)
    only_first.loc[(only_first.label == 2) & (only_first.half == 0), "border"] += 0.2
    finding = {row["class_name"]: row for row in judgement.classes(only_first, list("abcd"))}["c"]["finding"]
    assert finding["measure"] == "border" and not finding["survived"]


@pytest.mark.parametrize(("count", "classes", "shares"), [(80, 4, (0.5, 0.03)), (200, 10, (0.9, 0.1))])
def test_classes_that_do_not_differ_are_seldom_said_to(count, classes, shares):
    """One family of tests a study: at most some 5 % of studies may say so of any class.

    Sizes are skew, and a share of images is often 0 or 1 in all of a class's few.
    """
    wrong = 0
    for seed in range(200):
        rng = np.random.default_rng([1, seed])
        rows = table(count=count, classes=classes, seed=seed, size=rng.lognormal(-4, 1.2, count))
        rows["any_class"], rows["survives"] = (rng.random((2, count)) < np.array(shares)[:, None]).astype(float)
        names = [str(name) for name in range(classes)]
        wrong += any(row["finding"] and row["finding"]["survived"] for row in judgement.classes(rows, names))
    assert wrong <= 18  # 10 expected at most; 18 is the 99 % point of that


def test_classes_are_adjusted_for_their_number(monkeypatch):
    monkeypatch.setattr(judgement, "_apart", lambda own, others: ("size", "less", 0.02))
    findings = [row["finding"] for row in judgement.classes(table(), list("abc"))]
    assert [finding["p"] for finding in findings] == pytest.approx([0.06] * 3) and not any(f["survived"] for f in findings)


def test_classes_are_ranked_smallest_subsets_first():
    rows = table(count=30)
    rows.loc[rows.label == 1, "size"] = 0.001
    rows.loc[rows.label == 0, "size"] = np.nan
    assert [row["class_name"] for row in judgement.classes(rows, list("abc"))] == ["b", "c", "a"]


def test_examples_differ():
    """Four images share a place, the sixth has its own, the fifth a little of both: the farthest from all chosen comes next."""
    rows = table(count=6, classes=1)
    rows["size"] = [0.5, 0.1, 0.5, 0.5, 0.5, 0.5]
    places = np.zeros((6, 4, 4))
    places[:5, 0, 0] = places[4:, 3, 3] = 1
    assert page.different(rows, places, 3) == [1, 5, 4]
    rows["any_class"] = [np.nan, np.nan, 1, 1, 0, 1]
    assert page.different(rows, places, 3)[0] == 2  # those with a subset towards another class come first


def test_references_are_read_as_they_are_written(tmp_path, capsys):
    (tmp_path / "a").mkdir()
    verdict(tmp_path / "a", Corner, null=Anything)
    path = str(tmp_path / "a" / "verdict.json")
    assert commands.main(["references", path, path]) == 0
    import json

    found = judgement.references(json.loads(capsys.readouterr().out))
    assert found[judgement.PLANTED]["one_place"].value == 1 and np.isnan(found[judgement.NULL]["size"].value)
    with pytest.raises(SystemExit, match="found no"):
        commands.check(str(tmp_path / "none.json"))


def test_intervals_hold_together_and_a_weak_classifier_is_weak_by_its_lower_end():
    rows, level = table(any_class=(np.arange(60) % 5 == 0).astype(float)), 1 - 0.05 / 3
    numbers = judged(rows).numbers
    assert (numbers["any_class"].low, numbers["any_class"].high) == pytest.approx(wilson(0.2, 60, level))
    value, low, high = np.exp(interval(np.log(rows["size"].to_numpy()), level=level))
    size = numbers["size"]
    assert (size.value, size.low, size.high) == pytest.approx((value, low, high))
    weak = judgement.judge(rows, 24, 60, 1 / 3, {"any_class": 1, "one_place": 1, "border": 9}, 0.1, ["a", "b", "c"])
    assert weak.state == judgement.CANNOT_SAY and "too weak" in weak.reasons[0]
