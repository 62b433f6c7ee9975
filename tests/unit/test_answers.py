"""The page of answers: sentences from tables made by hand, and a page that holds all of them."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from overinterp.answers import page
from overinterp.answers.sentences import ANSWERS, MOST, answer
from overinterp.artifacts.tables import write_html
from overinterp.plan.outputs import TABLES

SIZES = pd.DataFrame(
    {
        "group": ["net", "net", "corrupted"],
        "split": ["test", "test", "corrupted"],
        "threshold": [0.9, 0.5, 0.9],
        "mean": [6.125, 3.0, 9.0],
        "low": [5.9, 2.0, 8.0],
        "high": [6.3, 4.0, 10.0],
        "images": [1300, 50, 50],
        "subsets": [1234, 40, 40],
        "models": [1, 1, 1],
        "tried": 256,
        "above_tried": 0,
        **dict.fromkeys(("class_share", "class_share_low", "class_share_high"), np.nan),
    }
)
LEAK = pd.DataFrame(
    {
        "audit": "a",
        "control": ["kept", "position", "random"],
        "images": 200,
        "accuracy": [0.6, 0.35, 0.2],
        "accuracy_low": [0.5, 0.3, 0.1],
        "accuracy_high": [0.7, 0.4, 0.3],
        "share": [1, 0.5, 0.2],
        "share_low": [1, 0.4, 0.1],
        "share_high": [1, 0.6, 0.3],
        "teacher_wrong_images": 20,
        "teacher_class_on_errors": [0.9, 0.6, 0.2],
        "teacher_class_on_errors_low": [0.8, 0.5, 0.1],
        "teacher_class_on_errors_high": [0.95, 0.7, 0.3],
    }
)


def test_a_size_is_told_at_the_threshold_of_test_images_alone():
    said = ["net needs 6.1 (5.9 to 6.3) pixels on average to be 90% sure (1,234 subsets)."]
    assert answer("sis_size_by_threshold", SIZES, 0.9) == said
    (said,) = answer("sis_size_by_threshold", SIZES.assign(models=2, least=5.0, most=7.25), 0.9)
    assert said.endswith("(1,234 subsets of 2 networks, whose means are 5.00 to 7.25).")


def test_what_of_sizes_is_the_class():
    known = SIZES.assign(class_share=0.874, class_share_low=0.85, class_share_high=0.9)
    (said,) = answer("sis_size_by_threshold", known, 0.9)
    assert said.endswith(
        "(1,234 subsets). 87% (85% to 90%) of how sizes differ (the variance of their logarithms) goes with the class."
    )


def test_sizes_above_what_the_search_tries_are_told_as_such():
    (said,) = answer("sis_size_by_threshold", SIZES.assign(above_tried=3), 0.9)
    assert said.endswith(
        "(1,234 subsets). 3 of them are larger than the 256 pixels from which on down the search tries every one, "
        "and may be the search's rather than the network's."
    )
    assert "is larger than" in answer("sis_size_by_threshold", SIZES.assign(above_tried=1), 0.9)[0]
    (by_slopes,) = answer("sis_size_by_threshold", SIZES.assign(above_tried=1234, tried=0), 0.9)
    assert by_slopes.endswith("(1,234 subsets).")  # of a search that tries none, all would be


def test_a_row_without_an_interval_is_left_out_and_no_table_has_no_answer():
    assert answer("sis_size_by_threshold", SIZES.assign(low=np.nan), 0.9) == []
    assert answer("sis_size_by_threshold", SIZES[:0], 0.9) == [] == answer("sis_size", SIZES, 0.9)


def test_an_audit_is_told_in_one_and_a_half_in_none():
    (said,) = answer("leakage", LEAK, 0.9)
    assert "kept pixels are right on 60.0% (50.0% to 70.0%), of their places alone on 35.0% (30.0% to 40.0%), of" in said
    assert "random ones on 20.0% (10.0% to 30.0%) (200 test images). Places reach 50% (40% to 60%)" in said
    two = answer("leakage", pd.concat([LEAK, LEAK.assign(audit="b")]), 0.9)
    assert ["; audit a)" in two[0], "; audit b)" in two[1]] == [True, True]
    errors = " On 20 images that the teacher has wrong, students of its kept pixels give its wrong class on 90% (80% to 95%)."
    assert said.endswith(errors)
    assert answer("leakage", LEAK[:1], 0.9) == []
    few = LEAK.assign(teacher_class_on_errors_low=np.nan)
    assert answer("leakage", few, 0.9)[0].endswith("above chance.")  # the teacher is wrong on too few
    assert "nan" not in answer("leakage", LEAK.assign(share_low=np.nan), 0.9)[0]  # kept pixels give no more than a guess
    assert answer("leakage", LEAK.assign(accuracy_low=np.nan), 0.9) == []


def test_an_audit_of_sufficient_subsets_says_so_and_has_the_floor_that_it_has():
    table = LEAK.assign(threshold=0.99).replace({"control": {"random": "matched"}})
    (said,) = answer("leakage", table, 0.9)
    assert said.startswith("Students of the sufficient subsets at 99% are right on 60.0%")
    assert "of as many random ones where these lie on 20.0%" in said
    assert "Places reach 50% (40% to 60%) of what sufficient subsets at 99% give above chance." in said
    assert answer("leakage", LEAK.assign(threshold=np.nan), 0.9) == answer("leakage", LEAK, 0.9)  # an audit beside such a one


def test_an_audit_tells_what_a_network_of_random_sets_makes_of_the_kept_pixels():
    table = pd.concat([LEAK, LEAK[2:].assign(control="redrawn", accuracy=0.45, accuracy_low=0.4, accuracy_high=0.5)])
    (said,) = answer("leakage", table, 0.9)
    assert " random sets of pixels (EVAL-X), shown the kept pixels, is right on 45.0% (40.0% to 50.0%). On" in said


def test_an_audit_tells_how_often_networks_of_full_images_make_the_teachers_errors():
    right = {"teacher_class_on_errors": 0.3, "teacher_class_on_errors_low": 0.2, "teacher_class_on_errors_high": 0.4}
    (said,) = answer("leakage", pd.concat([LEAK, LEAK[2:].assign(control="full", **right)]), 0.9)
    assert said.endswith("its wrong class on 90% (80% to 95%), networks of full images on 30% (20% to 40%).")


def test_others_are_held_against_the_network_itself():
    rows = [("itself", 0.8, 0.2), ("another seed", 0.3, 0.15), ("another classifier", 0.1, 0.1)]
    table = pd.DataFrame(rows, columns=["relation", "confidence", "random_confidence"]).assign(images=12, compared=10)
    table["confidence_low"], table["confidence_high"] = table.confidence - 0.1, table.confidence + 0.1
    said = "The pixels that a network keeps make it 0.80 (0.70 to 0.90) sure of its class on average, other seeds 0.30 (0.20 "
    said += "to 0.40), other classifiers 0.10 (0.00 to 0.20); as many random pixels make it 0.20 sure (10 test images)."
    assert answer("transfer_by_relation", table, 0.9) == [said]
    assert answer("transfer_by_relation", table[:1], 0.9) == []
    assert answer("transfer_by_relation", table.assign(confidence_low=np.nan), 0.9) == []  # fewer than eight images


def test_people():
    row = {"quantity": "accuracy", "fraction": 0.0625, "value": 0.25, "low": 0.2, "high": 0.3}
    row |= {"participants": 12, "answers": 1200}
    all_right = row | {"fraction": 0.5, "value": 1, "low": np.nan, "high": np.nan}
    others = {"machine_accuracy": 0.7, "machine_confidence": 0.63, "chance": 0.1, "alpha": 0.2}
    beside = [{"quantity": name, "fraction": at, "value": value} for at in (0.0625, 0.5) for name, value in others.items()]
    beside += [{"quantity": "networks_minus_people", "fraction": 0.0625, "value": 0.45, "low": 0.3, "high": 0.6}]
    beside += [{"quantity": "networks_minus_people", "fraction": 0.5, "value": -0.3}]
    beside += [{"quantity": "random_accuracy", "fraction": 0.5, "value": 0.6}]
    beside += [{"quantity": "kept_minus_random", "fraction": 0.5, "value": 0.4, "low": 0.3, "high": 0.5}]
    people, rest = "(12 people, 1,200 answers)", "the networks 70%, with a mean confidence of 0.63; guessing gives 10%."
    assert answer("human_accuracy", pd.DataFrame([row, all_right, *beside]), 0.9) == [
        f"Shown 6.25% of the pixels people name 25% (20% to 30%) of these pictures rightly {people}, {rest}",
        "Networks less people: +45 points (+30 to +60, over people and pictures).",
        f"Shown 50% of the pixels people name 100% (no interval) of these pictures rightly {people}, {rest}",
        "Shown as many random pixels, of other images, they name 60% rightly; kept pixels give +40 points (+30 to +50).",
    ]


def test_the_kindest_fill_of_a_classifier_is_told_and_all_of_them():
    """One sentence a classifier: of several, single fills of the first would push the others out."""
    rows = [("search", 1.0), ("black", 0.1), ("blur", 0.3), ("all", 0.0)]
    table = pd.DataFrame(rows, columns=["fill", "sufficient_share"]).assign(images=90, sufficient_share_low=0.0)
    table = pd.concat([table.assign(sufficient_share_high=0.5, group=name) for name in ("one", "two")])
    said = (
        "Of the subsets of {} 30% (0% to 50%) still suffice on blur, the other fill that most survive, under all of them 0% (0% "
    )
    said += "to 50%) (90 images)."
    assert answer("blanks", table, 0.9) == [said.format("one"), said.format("two")]


def test_an_interval_without_width_is_said_to_be_of_images_that_are_alike():
    row = {"precision": 1.0, "precision_low": 1.0, "precision_high": 1.0, "uniform_precision": 0.1, "found": 9}
    (said,) = answer("planted_recovery", pd.DataFrame([NET | row]), 0.9)
    assert said.startswith("100% (every image alike) of the subsets' pixels")


def test_no_more_than_a_few_are_told():
    many = pd.concat([SIZES.assign(group=f"net{n}") for n in range(2 * MOST)])
    assert len(answer("sis_size_by_threshold", many, 0.9)) == MOST


def test_every_answer_is_of_a_table():
    assert set(ANSWERS) - {"human_accuracy"} <= set(TABLES)


@pytest.fixture
def rendered(tmp_path):
    Image.new("RGB", (400, 3000), "white").save(tmp_path / "tall.png")
    write_html(tmp_path / "leakage.html", LEAK, "A caption.")
    write_html(tmp_path / "other.html", SIZES, "Another.")
    sections = [
        {
            "question": "Is it only where they are?",
            "figures": [["tall", "What a ``tall`` *figure* <shows>.", []]],
            "tables": ["leakage"],
            "nobody": False,
        },
        {"question": "Can people see it?", "figures": [], "tables": ["other"], "nobody": True},
    ]
    tables = {"leakage": LEAK, "other": SIZES}
    summaries = {name: tmp_path / f"{name}.html" for name in tables}
    verdict = {"model": "net", "side": "8x8", "data": "", "tested": 360, "accuracy": {"value": 0.9}}
    return page.render("toy <b>", sections, tables, summaries, {"tall": tmp_path / "tall.png"}, verdict, 0.9)


def test_the_page_has_questions_answers_figures_captions_and_tables(rendered):
    first = rendered[: rendered.index("<section")]
    assert first.index("Is it only where they are?") < first.index("Places reach 50\u00a0%") < first.index("Can people see it?")
    assert "See the figure" not in first and "Nobody has been asked yet" in first
    assert "What a tall figure &lt;shows&gt;." in rendered and "data:image/webp;base64," in rendered
    assert "toy &lt;b&gt;" in rendered and "toy <b>" not in rendered
    assert rendered.count("<table") == 2 and "A caption. A summary" in rendered and "tables/leakage.csv" in rendered
    assert 'alt="Figure: What a tall figure &lt;shows&gt;."' in rendered
    assert "http" not in rendered.replace("http-equiv", "")


def test_a_figure_of_an_empty_table_has_no_caption_of_what_it_would_have_shown(tmp_path):
    """It says itself that there is nothing to draw, and why."""
    write_html(tmp_path / "leakage.html", LEAK[:0], "A caption.")
    Image.new("RGB", (20, 20)).save(tmp_path / "drawn.png")
    figures = [["other", "What it shows.", ["leakage"]], ["examples", "Which images.", []]]
    sections = [{"question": "Where?", "figures": figures, "tables": ["leakage"], "nobody": False}]
    verdict = {"model": "net", "side": "8x8", "data": "", "tested": 360, "accuracy": {"value": 0.9}}
    pictures = dict.fromkeys(("other", "examples"), tmp_path / "drawn.png")
    text = page.render("toy", sections, {"leakage": LEAK[:0]}, {"leakage": tmp_path / "leakage.html"}, pictures, verdict, 0.9)
    assert "What it shows" not in text and "Which images." in text and text.count("<figcaption>") == 2
    assert "Of leakage there is nothing to show in this study." in text


def test_a_page_too_large_for_the_report_has_pictures_with_losses(tmp_path, monkeypatch):
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    sections = [{"question": "Why?", "figures": [["noise", "Noise.", []]], "tables": [], "nobody": False}]
    verdict = {"model": "net", "side": "8x8", "data": "", "tested": 360, "accuracy": {"value": 0.9}}

    def rendered():
        return page.render("toy", sections, {}, {}, {"noise": tmp_path / "noise.png"}, verdict, 0.9)

    whole = rendered()
    monkeypatch.setattr(page, "MOST_BYTES", len(whole) - 1)
    assert len(rendered()) < len(whole) - 1000


def test_agreement():
    row = {"model": "a", "reference": "exact", "candidate": "quick"}
    ratios = pd.DataFrame([row | {"size_ratio": ratio} for ratio in (2, 8, float("nan"))])
    said = "Subsets by quick have 4.00 times the pixels of those by exact (geometric mean of {}; no interval)."
    assert answer("agreement", ratios, 0.9) == [said.format("2 images")]
    two = pd.concat([ratios, ratios.assign(model="b")])
    assert answer("agreement", two, 0.9) == [said.format("4 pairs of 2 networks")]


NET = {"group": "net", "model": "net-0", "split": "test", "search": "quick", "threshold": 0.9, "images": 1000}
TOLD = {  # table: a row, another that is of something else, and the sentence of the first alone
    "sis_size_correct_incorrect": (
        {"difference": 0.125, "low": -0.25, "high": 0.5, "correct": 1700, "incorrect": 1, "ratio": 1.25}
        | {"ratio_at_equal_confidence": 0.75, "ratio_at_equal_confidence_low": 0.5, "ratio_at_equal_confidence_high": 1.5},
        {"threshold": 0.5},
        "At 0.9 sizes of net on right answers differ by +12% (-25% to +50%) from wrong ones' (1,700 right answers, 1 wrong one); "
        "geometric means are 1.25 times theirs, at equal confidence in the full image 0.75 (0.50 to 1.50).",
    ),
    "pixel_rings": (
        {"rings": 1, "fraction": 0.05, "share": 0.25, "share_low": 0.2, "share_high": 0.3, "uniform_share": 0.121},
        {"rings": 2, "share": 0.4},
        "25.0% (20.0% to 30.0%) of the 5% of the pixels that quick keeps for net-0 lie within 1 pixel of the edge, where even "
        "spreading puts 12.1% (1,000 images).",
    ),
    "object_share": (
        {
            "class_name": np.nan,
            "subset": "kept",
            "share": 0.6,
            "share_low": 0.5,
            "share_high": 0.7,
            "box_share": 0.4,
            "same_places_share": 0.55,
        },
        {"class_name": "cat"},
        "60.0% (50.0% to 70.0%) of net-0's kept pixels by quick lie in the objects' boxes, which are 40.0% of the pixels; "
        "of those of other images, laid there, 55.0% (1,000 images).",
    ),
    "planted_recovery": (
        {"precision": 0.9, "precision_low": 0.8, "precision_high": 0.95, "uniform_precision": 0.0625, "found": 40},
        {"split": "corrupted"},
        "90% (80% to 95%) of the subsets' pixels of net-0 by quick are planted ones; of random pixels 6% would be (40 subsets).",
    ),
    "border": (
        {"trained": "full", "test_mask": "border", "fraction": 0.3, "accuracy": 0.05, "accuracy_low": 0.01, "accuracy_high": 0.1},
        {"test_mask": "center"},
        "Shown the border's 30% of the pixels, net-0 is right on 5.0% (1.0% to 10.0%) (1,000 images).",
    ),
    "mitigation": (
        {"baseline": False, "size_ratio": 2.2, "size_ratio_low": 1.9, "size_ratio_high": 2.6, "ratio_least": 1.5}
        | {"ratio_most": 3.5, "matched_images": 30},
        {"baseline": True},
        "With the remedy net subsets are 2.20 (1.90 to 2.60) times as large at 0.9 (30 images that all have right; single "
        "networks 1.50 to 3.50 times).",
    ),
    "adversarial": (
        {"architecture": "resnet20", "ratio": 5.1, "ratio_low": 4.0, "ratio_high": 6.9},
        {"threshold": 0.5},
        "Adversarially trained, resnet20 has subsets 5.10 (4.00 to 6.90) times as large at 0.9 (1,000 images).",
    ),
    "wrong_class": (
        {"target": "other", "found_share": 0.99, "found_share_low": 0.95, "found_share_high": 1.0}
        | {"same_class_ratio": 1.04, "same_class_ratio_low": 0.9, "same_class_ratio_high": 1.2},
        {"split": "corrupted"},
        "99% (95% to 100%) of the images hold pixels, few or many, that make net 90% sure of a class drawn at random "
        "(1,000 images). They are 1.04 (0.90 to 1.20) times as many as in images that it takes for that very class.",
    ),
    "mask_edges": (
        {"radius": 1, "difference": -0.35, "difference_low": -0.45, "difference_high": -0.25}
        | {"confidence_neighbours": 0.1, "confidence_random": 0.45},
        {"radius": 2},
        "With the neighbours of its subsets put back net is 0.10 sure, with as many random pixels 0.45: a difference of "
        "-0.35 (-0.45 to -0.25), 1,000 images.",
    ),
    "dots": (
        {
            "shown": "dots",
            "subset": "sis",
            "fraction": np.nan,
            "confidence": 0.46,
            "confidence_low": 0.4,
            "confidence_high": 0.52,
        },
        [{"shown": "values", "confidence": 0.93}, {"shown": "random", "confidence": 0.06}]
        + [{"shown": shown, "subset": "kept", "confidence": 0.5} for shown in ("values", "random")],
        "Shown nothing but dots of one colour where its subsets by quick lie, net is 0.46 (0.40 to 0.52) sure of its class (mean "
        "over colours), at as many random places 0.06, of the pixels themselves 0.93 (1,000 images).",
    ),
    "blanks": (
        {"fill": "black", "sufficient_share": 0.16, "sufficient_share_low": 0.1, "sufficient_share_high": 0.25},
        {"fill": "search"},
        "Of the subsets of net 16% (10% to 25%) still suffice on black, the other fill that most survive (1,000 images).",
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_every_number_of_a_sentence_is_of_its_own_column(name):
    row, other, sentence = TOLD[name]
    table = pd.DataFrame([*(NET | row | one for one in (other if isinstance(other, list) else [other])), NET | row])
    assert answer(name, table, 0.9) == [sentence]
    ends = [column for column in row if column == "low" or column.endswith("_low")]
    for column in ends:  # without an interval nothing is said, or one part less
        said = answer(name, table.assign(**{column: np.nan}), 0.9)
        assert all("nan" not in text and len(text) < len(sentence) for text in said)


def test_each_table_has_its_sentence_tested():
    told_above = {"sis_size_by_threshold", "leakage", "transfer_by_relation", "human_accuracy", "agreement"}
    assert set(TOLD) | told_above == set(ANSWERS)
