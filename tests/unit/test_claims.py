"""Claims judged from tables: verdicts by hand, and the page that says them."""

import os

import numpy as np
import pandas as pd
import pytest

from overinterp.claims import __main__ as command
from overinterp.claims import accuracies, page, subsets
from overinterp.claims.verdicts import FAILS, HOLDS, OPEN, beyond
from overinterp.statistics import FEWEST_IMAGES


def test_a_verdict_by_hand():
    assert beyond(0.3, 0.5, 0.25, 100) == HOLDS
    assert beyond(0.1, 0.2, 0.25, 100) == FAILS
    assert beyond(0.2, 0.3, 0.25, 100) == OPEN
    assert beyond(0.3, 0.5, 0.25, FEWEST_IMAGES - 1) == OPEN
    assert beyond(10, 40, 51.2, 100, above=False) == HOLDS and beyond(60, 80, 51.2, 100, above=False) == FAILS
    assert beyond(float("nan"), float("nan"), 0, 100) == OPEN


def sizes(**changed):
    row = {
        "search": "refined",
        "split": "test",
        "threshold": 0.99,
        "group": "net",
        "mean": 20.0,
        "low": 15.0,
        "high": 25.0,
        "images": 60,
        "subsets": 50,
        "models": 1,
        "least": np.nan,
        "most": np.nan,
    }
    return pd.DataFrame([row | changed])


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, HOLDS),
        ({"high": 60.0}, OPEN),
        ({"low": 60.0, "high": 90.0}, FAILS),
        ({"subsets": 3}, OPEN),
        ({"subsets": 20, "models": 3}, OPEN),
    ],
)
def test_small_subsets(changed, verdict):
    assert [row[2] for row in subsets.sizes("net")(sizes(**changed))] == [verdict]


def test_small_subsets_are_those_of_one_search_split_and_threshold():
    for other in ({"search": "gradient"}, {"split": "corrupted"}, {"threshold": 0.9}, {"group": "another"}):
        with pytest.raises(ValueError, match="found no row of net at"):
            list(subsets.sizes("net")(sizes(**other)))


def test_kept_and_random_pixels_are_held_against_full_images_and_chance():
    def accuracy(kept, random):
        shown = [("all", "values", 0.9), ("kept", "values", kept), ("kept", "position", 0.9), ("random", "values", random)]
        rows = [{"test_mask": m, "test_paint": p, "accuracy": a} for m, p, a in shown]
        table = pd.DataFrame(rows).assign(model="net", split="test", corruptions=float("nan"), classes=10, images=1000)
        return table.assign(mean_confidence=0.75)

    def verdict(table, *view):
        return [row[2] for row in accuracies.shown(*view, "net")(table)]

    own, chance = ("kept", -0.05, True), ("random", 0.05, False)
    assert verdict(accuracy(0.89, 0.1), *own) == [HOLDS] and verdict(accuracy(0.5, 0.1), *own) == [FAILS]
    assert verdict(accuracy(0.5, 0.11), *chance) == [HOLDS] and verdict(accuracy(0.5, 0.4), *chance) == [FAILS]
    corrupted = accuracy(0.89, 0.1).assign(corruptions=3)
    with pytest.raises(ValueError, match="found no row of net on full images"):
        verdict(corrupted, *own)


def leakage(kept, position, random):
    """Accuracies and, of position, shares, each with its interval."""
    rows = [
        {"control": "kept", "values": kept, "networks": 2},
        {"control": "random", "values": random},
        {"control": "position", "values": position},
    ]
    table = pd.DataFrame(rows).assign(audit="a", images=500, teacher="resnet20_200", teacher_epochs=float("nan"))
    for place, end in enumerate(("", "_low", "_high")):
        table[f"accuracy{end}"] = table[f"share{end}"] = [row[place] for row in table["values"]]
    return table


def verdicts(judge, table):
    return [row[-1] for row in judge(table)]


SCALED = {"matched_images_scaled": 90, "mean_size_high_scaled": 99.0, "ratio_least_scaled": np.nan, "ratio_most_scaled": np.nan}
SCALED |= {f"size_ratio{end}_scaled": value for end, value in (("", 1.1), ("_low", 0.9), ("_high", 1.3))}
ROW = {
    **SCALED,
    "images": 100,
    "correct": 100,
    "incorrect": 40,
    "matched_images": 40,
    "both_found": 90,
    "threshold": 0.9,
    "split": "test",
    "mean_size_high": 20.0,
}
ROW |= {"ratio_least": np.nan, "ratio_most": np.nan, "p_holm": 0.01, "p_holm_scaled": 0.01}


@pytest.mark.parametrize(
    ("judge", "columns", "cases"),
    [
        (subsets.rings("gradient", "net"),
         {"model": "net", "search": "gradient", "rings": 1, "fraction": 0.05, "uniform_share": 0.12, "name": "share"},
         [((0.3, 0.2, 0.4), HOLDS), ((0.05, 0.01, 0.1), FAILS), ((0.13, 0.1, 0.2), OPEN)]),
        (subsets.places("ranked", "net"), {"model": "net", "search": "ranked", "place": "border", "even": 0.12, "name": "share"},
         [((0.3, 0.2, 0.4), HOLDS), ((0.05, 0.01, 0.1), FAILS), ((0.13, 0.1, 0.2), OPEN)]),
        (subsets.on_object("ranked", "net"),
         {"model": "net", "search": "ranked", "subset": "kept", "class_name": np.nan, "share": 0.6, "name": "above_same_places"},
         [((0.2, 0.15, 0.25), HOLDS), ((-0.05, -0.09, -0.01), FAILS), ((0.1, -0.05, 0.2), OPEN)]),
        (subsets.remedy("ensemble", "at", by="refined"),
         {"comparison": "at", "group": "ensemble", "baseline": False, "name": "size_ratio"},
         [((1.5, 1.2, 1.9), HOLDS), ((0.8, 0.7, 0.9), FAILS), ((1.1, 0.9, 1.3), OPEN)]),
        (subsets.by_class("net"), {"group": "net", "search": "refined", "subsets": 90, "name": "class_share"},
         [((0.8, 0.7, 0.9), HOLDS), ((0.3, 0.1, 0.45), FAILS), ((0.6, 0.4, 0.7), OPEN)]),
        (subsets.same_class, {"group": "net", "search": "other", "name": "same_class_ratio"},
         [((1.0, 0.9, 1.1), HOLDS), ((1.5, 1.3, 1.8), FAILS), ((0.5, 0.4, 0.7), FAILS), ((1.2, 1.1, 1.3), OPEN),
          ((0.9, 0.7, 1.1), OPEN)]),
        (subsets.right_at_equal("of_same_class", "net"), {"group": "net", "search": "refined", "name": "ratio_of_same_class"},
         [((1.3, 1.1, 1.6), HOLDS), ((0.8, 0.7, 0.9), FAILS), ((1.1, 0.9, 1.3), OPEN)]),
        (subsets.right_and_wrong("net"), {"group": "net", "search": "refined", "name": "difference"},
         [((0.2, 0.1, 0.3), HOLDS), ((-0.2, -0.3, -0.1), FAILS), ((0.1, -0.1, 0.3), OPEN)]),
    ],
    ids=["rings", "places", "object", "remedy", "class share", "same class", "right of same class", "right and wrong"],
)  # fmt: skip
def test_a_row_is_judged_by_its_interval(judge, columns, cases):
    name = columns.pop("name")
    for (value, low, high), verdict in cases:
        ends = {f"{name}_low": low, f"{name}_high": high, "low": low, "high": high}
        assert verdicts(judge, pd.DataFrame([{**ROW, **columns, name: value, **ends}]))[0] == verdict


def test_objects_are_judged_by_the_kept_pixels_of_all_classes_together():
    row = {**ROW, "model": "net", "search": "ranked", "subset": "kept", "class_name": np.nan, "share": 0.6}
    row |= {"above_same_places": 0.2, "above_same_places_low": 0.1, "above_same_places_high": 0.3}
    less = {f"above_same_places{end}": -0.2 for end in ("", "_low", "_high")}
    others = [
        {**row, **less, **other}
        for other in ({"subset": "sis"}, {"class_name": "dog"}, {"split": "train"}, {"search": "gradient"})
    ]
    assert verdicts(subsets.on_object("ranked", "net"), pd.DataFrame([row, *others])) == [HOLDS]


def test_transfer_is_judged_without_networks_of_shuffled_labels():
    row = {
        "relation": "itself",
        "search": "a",
        "accuracy": 0.9,
        "accuracy_low": 0.8,
        "accuracy_high": 0.95,
        "images": 100,
        "chance": 0.1,
    }
    row |= {"source_labels": "given", "target_labels": "given"}
    null = {**row, "accuracy": 0.1, "accuracy_low": 0.05, "accuracy_high": 0.15, "source_labels": "shuffled"}
    assert verdicts(accuracies.transferred("itself"), pd.DataFrame([row, null])) == [HOLDS]


def test_sizes_that_the_search_did_not_try_are_not_judged():
    row = {**ROW, "comparison": "at", "group": "dropout", "baseline": False, "mean_size_high": 260.0}
    row |= {"size_ratio": 4.0, "size_ratio_low": 3.0, "size_ratio_high": 5.0, "ratio_least": 1.3, "ratio_most": 8.0}
    assert verdicts(subsets.remedy("dropout", "at", by="refined"), pd.DataFrame([row]))[0] == HOLDS
    assert verdicts(subsets.remedy("dropout", "at", by="refined", exact=256), pd.DataFrame([row]))[0] == OPEN
    larger = {"size_ratio_low_scaled": 3.0, "size_ratio_high_scaled": 5.0, "mean_size_high_scaled": 260.0}
    assert verdicts(subsets.remedy("dropout", "at", by="refined"), pd.DataFrame([row | larger]))[1] == HOLDS
    assert verdicts(subsets.remedy("dropout", "at", by="refined", exact=256), pd.DataFrame([row | larger]))[1] == OPEN


@pytest.mark.parametrize(("share", "images", "verdict"), [(1.0, 60, HOLDS), (0.0, 60, FAILS), (0.25, 60, OPEN), (1.0, 7, OPEN)])
def test_any_class_has_an_interval_at_its_ends(share, images, verdict):
    row = {**ROW, "group": "net", "search": "other", "found_share": share, "images": images}
    row |= {"size_ratio": 1.1, "size_ratio_low": 0.9, "size_ratio_high": 1.3}
    ((_, ours, found),) = subsets.any_class(pd.DataFrame([row]))
    assert found == verdict and "90 images" in ours and (share != 1 or images != 60 or "100% (94% to 100%)" in ours)


@pytest.mark.parametrize(("blur", "images", "verdict"), [(0.0, 60, HOLDS), (1.0, 60, FAILS), (0.5, 60, OPEN), (0.0, 7, OPEN)])
def test_other_blanks_are_judged_by_the_kindest_and_the_own_is_none(blur, images, verdict):
    shares = {"search": 1.0, "black": 0.0, "blur": blur, "all": 1.0}
    fixed = {"group": "net", "search": "ranked", "threshold": 0.9, "images": images}
    table = pd.DataFrame([fixed | {"fill": fill, "sufficient_share": share} for fill, share in shares.items()])
    [(name, ours, found)] = subsets.other_blanks("net")(table)
    assert (name, found) == ("net, ranked, at 0.9", verdict) and f"under {'blur' if blur else 'each'}," in ours


@pytest.mark.parametrize(
    ("ends", "images", "verdict"), [((0.4, 0.6), 60, HOLDS), ((0.1, 0.2), 60, FAILS), ((0.2, 0.3), 60, OPEN)]
)
def test_dots_are_judged_at_the_places_of_sufficient_subsets_over_all_colours(ends, images, verdict):
    row = {"group": "net", "search": "exact", "threshold": 0.9, "images": images, "subset": "sis", "shown": "dots"}
    row |= {"confidence": 0.9, "above_random": np.mean(ends), "above_random_low": ends[0], "above_random_high": ends[1]}
    others = [row | {"shown": "white"}, row | {"subset": "kept"}]
    ((who, ours, found),) = subsets.bare_dots(pd.DataFrame([*others, row]))
    assert (who, found) == ("net, exact, at 0.9", verdict) and "0.90 sure, 60 images" in ours
    few = row | {"images": 7, "above_random_low": np.nan, "above_random_high": np.nan}
    assert verdicts(subsets.bare_dots, pd.DataFrame([few])) == [OPEN]


def test_students_and_their_positions():
    kept = accuracies.students("a")
    assert verdicts(kept, leakage((0.6, 0.55, 0.65), (0, 0, 0), (0.3, 0.28, 0.32))) == [HOLDS]
    assert verdicts(kept, leakage((0.35, 0.33, 0.37), (0, 0, 0), (0.3, 0.28, 0.32))) == [FAILS]
    assert verdicts(kept, leakage((0.4, 0.35, 0.45), (0, 0, 0), (0.3, 0.28, 0.32))) == [OPEN]
    where = leakage((0.35, 0.33, 0.37), (0, 0, 0), (0.3, 0.28, 0.32)).replace({"random": "matched"}).assign(target="other")
    other = where.assign(audit="b", accuracy=0.1, accuracy_low=0.08, accuracy_high=0.12)  # another teacher's: not looked at
    ((who, ours, found),) = kept(pd.concat([other, where]))
    assert found == FAILS and who.endswith("masks towards a random other class") and "where masks lie 30.0%" in ours
    fewer = where.assign(threshold=0.99, target="predicted")
    random = other.assign(control="random", accuracy=0.01)  # of another audit, whose masks are larger: no floor for subsets
    ((who, ours, found),) = kept(pd.concat([random, fewer]))
    assert (who, found) == (
        "students of a brought resnet20 of 200 epochs, sufficient subsets at 99%",
        FAILS,
    ) and "lie 30.0%" in ours
    for share, verdict in (((0.9, 0.85, 0.95), HOLDS), ((0.3, 0.2, 0.4), FAILS), ((0.5, 0.4, 0.6), OPEN)):
        assert verdicts(accuracies.positions("a"), leakage((1, 1, 1), share, (0.3, 0.2, 0.4))) == [verdict]


def trained(split="test", **right):
    """Networks of two seeds, each condition on its own view (as right as is said) and on another (always right)."""
    rows = []
    for seed in (0, 1):
        for condition, accuracy in right.items():
            mask, paint = ("kept", "position") if condition == "position" else (condition, "values")
            teacher = None if condition in ("random", "border") else "net-full-0"
            row = {"model": f"net-{condition}-{seed}", "condition": condition, "seed": seed, "split": split, "teacher": teacher}
            row |= {"train_mask": mask, "train_paint": paint, "images": 2000, "classes": 10}
            rows += [row | {"test_mask": mask, "test_paint": paint, "masks_model": teacher, "accuracy": accuracy}]
            rows += [row | {"test_mask": "all", "test_paint": "values", "masks_model": None, "accuracy": 1.0}]
            rows += [row | {"test_mask": mask, "test_paint": paint, "masks_model": "another", "accuracy": 1.0}]
    return pd.DataFrame(rows)


def test_networks_trained_on_a_view_are_held_against_random_pixels_seed_by_seed():
    for accuracy, verdict in ((0.8, HOLDS), (0.5, FAILS), (0.6, OPEN)):
        table = trained(kept=accuracy, random=0.5)
        found = list(accuracies.trained("kept")(table))
        assert [(who, judged) for who, _, judged in found] == [("net-kept-0", verdict), ("net-kept-1", verdict)]
        assert "of random pixels 50.0% (47.8% to 52.2%)" in found[0][1]
    with pytest.raises(ValueError, match="found no row of kept"):  # corrupted images are another split
        list(accuracies.trained("kept", corrupted=True)(table))
    who, _, judged = next(accuracies.trained("kept", corrupted=True)(trained("corrupted", kept=0.8, random=0.5)))
    assert (who, judged) == ("net-kept-0, corrupted", HOLDS)
    assert verdicts(accuracies.trained_above("border", 0.2), trained(border=0.4)) == [HOLDS, HOLDS]
    assert verdicts(accuracies.trained_above("border", 0.2), trained(border=0.21)) == [OPEN, OPEN]


@pytest.mark.parametrize(("position", "verdict"), [(0.7, HOLDS), (0.3, FAILS), (0.45, OPEN)])
def test_places_are_held_against_half_of_what_kept_pixels_give_above_chance(position, verdict):
    found = list(accuracies.trained_places("position", "kept")(trained(kept=0.8, position=position)))
    assert [row[2] for row in found] == [verdict] * 2
    assert f"position reaches {(position - 0.1) / 0.7:.0%} (" in found[0][1]


@pytest.mark.parametrize(
    ("pairs", "verdict"), [((0.4, 0.5), HOLDS), ((0.12, 0.15), FAILS), ((0.12, 0.5), OPEN), ((0.19, 0.19), OPEN)]
)
def test_transfer_is_judged_where_all_pairs_lie_on_one_side(pairs, verdict):
    rows = [{"accuracy": a, "accuracy_low": a - 0.02, "accuracy_high": a + 0.02, "images": 1000} for a in pairs]
    table = pd.DataFrame(rows).assign(relation="another seed", search="masks", chance=0.1)
    own = table.assign(relation="itself", accuracy_low=0.9, accuracy_high=0.9)
    assert verdicts(accuracies.transferred("another seed"), pd.concat([own, table])) == [verdict]


@pytest.mark.parametrize(
    ("border", "random", "verdict"),
    [(0.4, 0.1, HOLDS), (0.4, 0.6, FAILS), (0.4, 0.41, OPEN), (0.1, 0.02, FAILS), (0.2, 0.02, OPEN)],
)
def test_the_border_must_tell_more_than_the_limit_and_than_random_pixels(border, random, verdict):
    shown = [{"test_mask": mask, "accuracy": of} for mask, of in (("border", border), ("random", random), ("center", 0.9))]
    table = pd.DataFrame(shown).assign(trained="full", model="net", fraction=0.1, images=100)
    table = table.assign(accuracy_low=table.accuracy - 0.03, accuracy_high=table.accuracy + 0.03)
    assert verdicts(accuracies.border(0.2, (0.1,), "net"), table) == [verdict]


@pytest.mark.parametrize(("least", "most", "verdict"), [(12.0, 30.0, HOLDS), (12.0, 80.0, OPEN), (60.0, 80.0, OPEN)])
def test_sizes_of_networks_that_differ_by_more_than_their_interval_are_not_judged(least, most, verdict):
    ((_, ours, found),) = subsets.sizes("net")(sizes(models=3, least=least, most=most, subsets=90))
    assert found == verdict and f"whose means are {least} to {most}" in ours


@pytest.mark.parametrize(("least", "most", "verdict"), [(1.3, 3.0, HOLDS), (0.8, 3.0, OPEN)])
def test_a_remedy_whose_networks_overlap_with_those_without_is_not_judged(least, most, verdict):
    row = {**ROW, "comparison": "at", "group": "dropout", "baseline": False, "size_ratio": 2.0, "size_ratio_low": 1.5}
    table = pd.DataFrame([{**row, "size_ratio_high": 2.5, "ratio_least": least, "ratio_most": most}])
    (_, ours, found), scaled = subsets.remedy("dropout", "at", by="refined")(table)
    assert found == verdict and f"single networks {least:.2f} to {most:.2f} times" in ours
    assert scaled == ("dropout, refined, at 0.9 scaled", "1.10 (0.90 to 1.30) times, 90 images", OPEN)


@pytest.mark.parametrize(("p", "verdict", "words"), [(0.04, HOLDS, "images"), (0.06, OPEN, "Holm)"), (np.nan, OPEN, "no test")])
def test_a_remedy_whose_test_says_otherwise_than_its_interval_is_not_judged(p, verdict, words):
    row = {**ROW, "comparison": "at", "group": "dropout", "baseline": False, "size_ratio": 1.2, "size_ratio_low": 1.01}
    (_, ours, found), _ = subsets.remedy("dropout", "at", by="refined")(
        pd.DataFrame([{**row, "size_ratio_high": 1.4, "p_holm": p}])
    )
    assert found == verdict and ours.endswith(words)


def test_a_named_network_that_is_missing_is_named():
    table = pd.concat([sizes(), sizes(group="other")])
    assert [row[0] for row in subsets.sizes("net", "other")(table)] == ["net, refined", "other, refined"]
    with pytest.raises(ValueError, match="found no row of gone at"):
        list(subsets.sizes("net", "gone")(table))


def test_the_page_says_what_the_tables_in_docs_say():
    for path, text in page.written().items():
        assert path.read_text() == text, f"{path}: run `make check-claims`"


def one_claim(tmp_path, monkeypatch, table):
    (tmp_path / "run").mkdir(exist_ok=True)
    table.to_csv(tmp_path / "run/sis_size_by_threshold.csv", index=False)
    (tmp_path / "run/README.md").write_text("```\nsnakemake all --configfile run.yaml     # an hour\n```\n")
    monkeypatch.setattr(page, "RESULTS", tmp_path)
    monkeypatch.setattr(page, "PAGE", tmp_path / "CLAIMS.md")
    monkeypatch.setattr(page, "SHORT", tmp_path / "RESULTS.md")
    if not (tmp_path / "RESULTS.md").exists():
        (tmp_path / "RESULTS.md").write_text(f"Before.\n{page.BEGIN}of last time\n{page.END}After.\n")
    evidence = (("run", "sis_size_by_threshold", subsets.sizes("net")),)
    monkeypatch.setattr(page, "CLAIMS", (page.Claim("small", "24", evidence), page.Claim("unseen", "claimed", ())))
    monkeypatch.setattr("sys.argv", ["claims"])


def test_a_config_that_heads_tables_is_named_beside_these_alone(tmp_path, monkeypatch):
    one_claim(tmp_path, monkeypatch, sizes())
    commands = [f"snakemake all --configfile {name}.yaml" for name in ("teacher", "config", "null")]
    (tmp_path / "run/README.md").write_text("\n".join(commands))
    for table in ("null_dots", "nullified", "dots"):
        sizes().to_csv(tmp_path / f"run/{table}.csv", index=False)
    assert page._configs("run", "null_dots") == ["null.yaml"]
    assert page._configs("run", "dots") == page._configs("run", "nullified") == ["teacher.yaml", "config.yaml"]


def test_the_check_fails_when_a_table_says_something_else(tmp_path, monkeypatch, capsys):
    one_claim(tmp_path, monkeypatch, sizes())
    assert command.main() == 1  # no page yet
    monkeypatch.setattr("sys.argv", ["claims", "--write"])
    assert command.main() == 0
    text = (tmp_path / "CLAIMS.md").read_text()
    config = f"[run.yaml]({os.path.relpath('run.yaml', tmp_path)})"
    line = f"| net, refined | 20.0 (15.0 to 25.0) pixels on average, 50 subsets | {HOLDS} |"
    assert f"{line} [run](results/run/sis_size_by_threshold.csv), {config} |" in text
    assert f"|  | no people have been asked with this repository | {OPEN} |" in text
    assert "### Claim 1\n\nsmall. Published: 24.\n" in text and "### Claim 2\n\nunseen. Published: claimed.\n" in text
    short = (tmp_path / "RESULTS.md").read_text()
    assert short.startswith(f"Before.\n{page.BEGIN}| claim |") and short.endswith(f"|\n{page.END}After.\n")
    assert "| [1](CLAIMS.md#claim-1) small | 24 | **holds**, 1 line |" in short and "of last time" not in short
    assert "| [2](CLAIMS.md#claim-2) unseen | claimed | **not judged** |" in short
    assert f"| [run](results/run/README.md) | {config} |" in text
    assert "| `snakemake all --configfile run.yaml` |" in text
    assert "| [1](#claim-1) small | 1 (refined) | 0 | 0 |" in text and "| [2](#claim-2) unseen | 0 | 0 | 1 |" in text
    one_claim(tmp_path, monkeypatch, sizes())
    assert command.main() == 0
    one_claim(tmp_path, monkeypatch, sizes(low=60.0, high=90.0, mean=70.0))
    capsys.readouterr()
    assert command.main() == 1
    said = capsys.readouterr().out
    assert f"-{line}" in said and f"| {FAILS} |" in said


def test_what_the_lines_of_a_claim_say_together():
    def said(*verdicts):
        return page._in_short([("", "", verdict, "") for verdict in verdicts])

    assert said(HOLDS, HOLDS) == "**holds**, 2 lines" and said(FAILS) == "**does not hold**, 1 line"
    assert said(HOLDS, FAILS, OPEN) == "**holds in part**: of 3 lines 1 holds, 1 does not, 1 undecided"
    assert said(FAILS, FAILS, OPEN) == "**does not hold in 2 of 3 lines**, 1 undecided"
    assert said(OPEN, OPEN) == "**not judged**"


@pytest.mark.parametrize("text", ["Nothing.", "{begin}of last time", "{end}{begin}", "{begin}{begin}{end}"])
def test_a_page_that_has_no_part_for_claims_stays_as_it_is(tmp_path, monkeypatch, text, capsys):
    one_claim(tmp_path, monkeypatch, sizes())
    before = text.format(begin=page.BEGIN, end=page.END)
    (tmp_path / "RESULTS.md").write_text(before)
    monkeypatch.setattr("sys.argv", ["claims", "--write"])
    assert command.main() == 1 and (tmp_path / "RESULTS.md").read_text() == before
    assert "RESULTS.md: found no part for claims" in capsys.readouterr().out


def test_a_run_without_a_command_is_named(tmp_path, monkeypatch):
    one_claim(tmp_path, monkeypatch, sizes())
    (tmp_path / "run/README.md").write_text("Nothing is said of how.")
    with pytest.raises(ValueError, match=r"README\.md: found no command with a --configfile"):
        page.written()


def test_every_line_of_a_run_by_an_earlier_form_of_refined_says_so(tmp_path, monkeypatch):
    one_claim(tmp_path, monkeypatch, sizes())
    monkeypatch.setattr(page, "FORMS", {"run": "refined (first form)"})
    assert "| net, refined (first form) |" in page.written()[page.PAGE]
    judge = page.CLAIMS[0].evidence[0][2]
    worded = ("run", "sis_size_by_threshold", lambda table: [("net by refined", *row[1:]) for row in judge(table)])
    monkeypatch.setattr(page, "CLAIMS", (page.Claim("small", "24", (worded,)),))
    with pytest.raises(ValueError, match="'net by refined' names the search where its form cannot be put"):
        page.written()


def test_the_digest_counts_lines_by_verdict_and_says_of_which_searches():
    rows = [
        ("a, masks", "", HOLDS, ""),
        ("b, masks", "", HOLDS, ""),
        ("a, gradient", "", HOLDS, ""),
        ("a, refined", "", FAILS, ""),
    ]
    assert [page._of(rows, verdict) for verdict in page.VERDICTS] == ["3 of 2 (1 gradient, 2 masks)", "1 (refined)", "0"]
    assert page._of([("a", "", OPEN, ""), ("b", "", OPEN, "")], OPEN) == "2"


def test_a_missing_table_or_row_is_one_sentence(tmp_path, monkeypatch, capsys):
    one_claim(tmp_path, monkeypatch, sizes(group="another"))
    assert command.main() == 1
    said = capsys.readouterr().out
    assert "sis_size_by_threshold.csv: found no row of net at 0.99, expected for the claim 'small'" in said
    (tmp_path / "run/sis_size_by_threshold.csv").unlink()
    assert command.main() == 1
    assert "found no such table, expected what the claim 'small' is judged from" in capsys.readouterr().out
