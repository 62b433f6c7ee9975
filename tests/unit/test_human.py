"""People's answers: the accuracy of simulated raters recovered, every impossible file named, frozen studies kept."""

import json
import os
import stat

import numpy as np
import pandas as pd
import pytest

from overinterp.artifacts.responses import read_responses
from overinterp.artifacts.trials import freeze, load_frozen
from overinterp.human import __main__ as commands
from overinterp.human import analysis, responses
from overinterp.human.intervals import interval_over_both, interval_over_units
from overinterp.plan import people
from overinterp.plan.read import read
from overinterp.plan.sentences import ConfigError
from overinterp.plan.settings import schema
from tests.unit import human_toys
from tests.unit.human_toys import CLASSES, export, key, simulated
from tests.unit.studies import DEMO, study

ATTENTIVE = {1.0: 1.0}


def raters(accuracy, people, table, seed=0):
    """Answers of simulated people, checked and scored, and who is included."""
    rng = np.random.default_rng(seed)
    files = [simulated(table, accuracy | ATTENTIVE, f"p{n}", rng).assign(file=f"p{n}.csv") for n in range(people)]
    raw = pd.concat(files, ignore_index=True).assign(row=1)
    scored = responses.score(responses.check(raw, [], "toy", table, CLASSES), table)
    return scored, responses.participants(scored, table, 0.75)


def value(table, quantity, fraction=None):
    rows = table[table.quantity == quantity]
    return rows.iloc[0] if fraction is None else rows[rows.fraction == fraction].iloc[0]


def test_the_accuracy_of_simulated_raters_is_recovered():
    table = key(per_class=25)
    scored, people = raters({0.1: 0.3, 0.5: 0.9}, 12, table)
    found = analysis.summary(scored, people, CLASSES)
    for fraction, truth in ((0.1, 0.3), (0.5, 0.9)):
        row = value(found, "accuracy", fraction)
        assert row.low < truth < row.high and row.participants == 12 and row.answers == 1200
        assert 0.005 < row.high - row.low < 0.12
        confusion = found[(found.quantity == "confusion") & (found.fraction == fraction)]
        wrong = confusion[confusion.label != confusion.choice].value
        assert wrong.mean() == pytest.approx((1 - truth) / 3, abs=0.02)
        assert confusion.groupby("label").value.sum().to_numpy() == pytest.approx(1)
    assert value(found, "machine_accuracy", 0.1).value == 1 and value(found, "chance", 0.1).value == 1 / 4
    assert value(found, "machine_confidence", 0.1).value == pytest.approx(0.99)
    r = value(found, "correlation")
    assert 0.95 < r.low <= r.value <= r.high <= 1
    assert value(found, "alpha", 0.1).value == pytest.approx(_alpha(0.3), abs=0.03)
    assert value(found, "alpha", 0.5).value == pytest.approx(_alpha(0.9), abs=0.03)


def _alpha(accuracy):
    """Krippendorff's alpha of many independent raters, right with this probability, else any of the other three classes."""
    agreement = accuracy**2 + (1 - accuracy) ** 2 / 3
    return (agreement - 0.25) / 0.75


@pytest.mark.parametrize(("accuracy", "level"), [(0.15, 0.91), (0.5, 0.93), (0.8, 0.93)])
def test_the_interval_holds_its_level(accuracy, level):
    """People of different ability; four of them near chance, where accuracies are skewed, are the hardest case: 92 %."""
    found = analysis.power([4, 12], [accuracy], 0.1, 100, draws=3000)
    assert found.coverage.min() >= level
    assert found.half_width.is_monotonic_decreasing


@pytest.mark.parametrize("people", [3, 5, 12])
@pytest.mark.parametrize("ability", ["of a fraction", "of a person"])
def test_the_interval_of_the_correlation_holds_its_level(people, ability):
    """Against r of very many people; where abilities are a person's own the cells of one are not independent."""
    fractions, means, rng = np.array([0.06, 0.3, 0.5]), np.array([0.3, 0.65, 0.9]), np.random.default_rng(people)

    def study(count):
        odds = np.log(means / (1 - means)) + rng.normal(0, 0.5, (count, 3 if ability == "of a fraction" else 1))
        return rng.binomial(30, 1 / (1 + np.exp(-odds))) / 30

    truth = np.corrcoef(np.tile(fractions, 100_000), study(100_000).ravel())[0, 1]
    ends = np.array([analysis.correlation_interval(study(people), fractions) for _ in range(600)])
    assert ((ends[:, 0] <= truth) & (truth <= ends[:, 1])).mean() > 0.89


def test_an_interval_over_people_and_pictures_by_hand():
    """Two by two: variances over people and over pictures, 0.125 / 2 each, less the rest's, 0.25 / 4; t of one degree."""
    mean, low, high = interval_over_both([[1, 0], [0, 0]])
    assert mean == 0.25 and [low, high] == pytest.approx([0.25 - 12.7062 * 0.25, 0.25 + 12.7062 * 0.25], abs=1e-4)
    alike = np.tile([1, 0, 0], (4, 1))  # people who say the same: pictures alone are drawn
    assert interval_over_both(alike)[2] == pytest.approx(1 / 3 + 4.30265 * np.sqrt(1 / 9))
    for nothing in (np.ones((3, 4)), [[0, 1]], [[0], [1]]):
        assert np.isnan(interval_over_both(nothing)[1:]).all()
    assert np.isnan(interval_over_both(np.empty((0, 5)))).all()


def test_an_interval_over_people_and_pictures_by_mean_squares():
    """Of a crossed table: (MS people + MS pictures - MS rest) / cells, each a sum of squares over its degrees of freedom."""
    values = np.add.outer([0.0, 1, 3], [0.0, 2, 3, 7]) + np.random.default_rng(0).normal(0, 0.1, (3, 4))
    grand, rows, columns = values.mean(), values.mean(1, keepdims=True), values.mean(0, keepdims=True)
    rest = ((values - rows - columns + grand) ** 2).sum() / (2 * 3)
    variance = (4 * ((rows - grand) ** 2).sum() / 2 + 3 * ((columns - grand) ** 2).sum() / 3 - rest) / 12
    assert interval_over_both(values)[2] == pytest.approx(grand + 4.302653 * np.sqrt(variance), rel=1e-6)


@pytest.mark.parametrize("people", [5, 30])
def test_over_people_and_pictures_it_holds_where_pictures_differ_and_an_interval_over_people_does_not(people):
    rng = np.random.default_rng(people)
    both = alone = 0
    for _ in range(400):
        easy = rng.beta(1, 3, 30)  # a quarter of the answers are right, of some pictures nearly all
        able = rng.normal(0, 0.05, (people, 1))
        said = rng.random((people, 30)) < (easy + able).clip(0, 1)
        _, low, high = interval_over_both(said)
        both += low <= 0.25 <= high
        _, low, high = interval_over_units(said.mean(1))
        alone += low <= 0.25 <= high
    assert both / 400 >= 0.92 and alone / 400 < (0.9 if people == 5 else 0.7)


def test_one_trial_by_hand():
    table = key(per_class=1, practice=0, full_images=0, repeats=1)  # 4 pictures, one again, at two fractions
    choices = dict(zip(table.trial, table.label))
    choices |= {0: "dog", 4: "cat", 5: "dog"}  # cat taken for dog at first and rightly the second time; again dog at 50 %
    rows = [
        ("toy", "a", str(t), c, str(1000 * (t + 1)), "2" if t == 1 else "1", "", "480", "a.csv", t + 1)
        for t, c in choices.items()
    ]
    columns = ["study_id", "participant", "trial", "choice", "response_ms", "views", "answered_at", "picture_px", "file", "row"]
    scored = responses.score(responses.check(pd.DataFrame(rows, columns=columns), [], "toy", table, CLASSES), table)
    people = responses.participants(scored, table, 1.0)
    assert people.included.all() and people.repeats[0] == 2 and people.repeats_same[0] == 0
    # of the eight pictures at both fractions one was looked at twice; dog is what both fractions' cat and dog are called
    assert people.response_s[0] == np.median([1, 3, 4, 6, 7, 8, 9]) and people.commonest_share[0] == 4 / 8
    found = analysis.summary(scored, people, CLASSES)
    assert value(found, "accuracy", 0.1).value == 0.75 and value(found, "accuracy", 0.5).value == 0.75
    assert np.isnan(value(found, "accuracy", 0.1).low)  # one person has no interval
    assert value(found, "response_s", 0.1).value == 3  # the median of 1, 3 and 4: a picture looked at twice has no time
    assert value(found, "repeat_agreement", 0.1).value == 0
    assert np.isnan(value(found, "correlation").value)


def test_the_inattentive_and_the_incomplete_do_not_count():
    table = key()
    scored, _ = raters({0.1: 0.5, 0.5: 0.9}, 3, table)
    full = table.trial[table.kind == "full"]
    for number, trial in enumerate(full):  # p1 fails two of the four full images, p2 one
        scored.loc[(scored.trial == trial) & (scored.participant == "P1"), "correct"] = number < 2
        scored.loc[(scored.trial == trial) & (scored.participant == "P2"), "correct"] = number > 0
    scored = scored[~((scored.participant == "P0") & (scored.trial == 5))]
    people = responses.participants(scored, table, 0.75)
    assert people.reason.tolist() == ["incomplete answers", "lack of attention", ""]
    assert people.full_images_right.tolist() == [4, 2, 3]
    assert set(analysis.summary(scored, people, CLASSES).participants.dropna()) == {1}


def test_random_pixels_by_hand():
    """Two people, four kept pictures and four of random pixels: 3 and 4 right of the one, 1 and 0 of the other."""
    table = key(per_class=1, fractions=(0.1,), practice=0, full_images=0, repeats=0)
    drawn = table.assign(kind="random", trial=table.trial + 4, machine_choice=["cat", *table.label[:3]])
    table = pd.concat([table, drawn.assign(index=drawn["index"] + 500)], ignore_index=True)
    wrong = {"a": [1, 4, 5, 6], "b": [4, 5, 6, 7]}
    rows = [
        (
            *("toy", person, str(row.trial), CLASSES[(CLASSES.index(row.label) + (row.trial in wrong[person])) % 4]),
            *(str(1000 + row.trial + 7 * (person == "a")), "1", "", "480", f"{person}.csv", row.trial + 1),
        )
        for person in "ab"
        for row in table.itertuples()
    ]
    columns = ["study_id", "participant", "trial", "choice", "response_ms", "views", "answered_at", "picture_px", "file", "row"]
    scored = responses.score(responses.check(pd.DataFrame(rows, columns=columns), [], "toy", table, CLASSES), table)
    people = responses.participants(scored, table, 0)
    assert people.included.all()
    assert not responses.participants(scored[scored.trial != 7], table, 0).included.any()  # they have to be answered, too
    found = analysis.summary(scored, people, CLASSES)
    assert value(found, "accuracy", 0.1).value == 7 / 8 and value(found, "random_accuracy", 0.1).value == 1 / 8
    assert value(found, "random_machine_accuracy", 0.1).value == 1 / 4
    gain = value(found, "kept_minus_random", 0.1)
    assert gain.value == 3 / 4 and gain.answers == 16 and gain.low == -1 and gain.high == 1  # 0.5 and 1, two people


def test_nobody_included_gives_no_number():
    table = key()
    scored, people = raters({0.1: 0.5, 0.5: 0.9}, 1, table)
    assert analysis.summary(scored, people.assign(included=False), CLASSES).empty


def test_agreement_by_hand():
    """All agree: 1. Two raters, two pictures, one agreement of two classes: hand-computed 0 (De = Do)."""
    same = pd.DataFrame({"participant": list("aabb"), "trial": [0, 1, 0, 1], "choice": ["cat", "dog"] * 2})
    assert analysis.alpha(same, CLASSES) == 1
    half = same.assign(choice=["cat", "dog", "cat", "cat"])
    # coincidences: cat-cat 2, cat-dog 1, dog-cat 1; Do = 2/4; De = 2 * 3 * 1 / (4 * 3) = 1/2
    assert analysis.alpha(half, CLASSES) == pytest.approx(0)
    assert np.isnan(analysis.alpha(same.assign(choice="cat"), CLASSES))


@pytest.fixture
def frozen(tmp_path):
    return freeze(export(tmp_path / "results/toy/human"), tmp_path / "human")


def good(frozen, person="p1", seed=0):
    study = load_frozen(frozen)
    rng = np.random.default_rng(seed)
    return simulated(study.key, {0.1: 0.5, 0.5: 0.9, 1.0: 1.0}, person, rng, study.study_id)


def checked(frozen):
    study = load_frozen(frozen)
    files = sorted((frozen / "responses").iterdir())
    return responses.check(*read_responses(files), study.study_id, study.key, study.about["choices"])


def as_json(table):
    first = table.iloc[0]
    rows = table.drop(columns=["study_id", "participant"]).astype({"trial": int, "response_ms": int, "views": int})
    return json.dumps(
        {"study_id": first.study_id, "participant": first.participant, "responses": rows.to_dict("records")}, default=int
    )


def test_csv_and_json_of_one_session_count_once(frozen):
    table = good(frozen)
    table.to_csv(frozen / "responses/p1.csv", index=False)
    (frozen / "responses/p1.json").write_text(as_json(table))
    found = checked(frozen)
    assert found.participant.tolist() == ["P1"] * len(table) and found.trial.tolist() == list(range(len(table)))
    assert found.choice.tolist() == table.choice.tolist()


@pytest.mark.parametrize(
    ("column", "wrong", "words"),
    [
        ("study_id", "toy-00000000", "found study 'toy-00000000', expected 'toy-"),
        ("participant", "Ann Smith", "found participant 'ANN SMITH'"),
        ("trial", "99", "found trial '99', expected one of 0 to 33"),
        ("trial", "-1", "found trial '-1'"),
        ("trial", "05", "found trial '05'"),
        ("choice", "horse", "found choice 'horse', expected one of cat, dog"),
        ("response_ms", "-5", "found response_ms '-5'"),
        ("response_ms", "nan", "found response_ms 'nan'"),
        ("response_ms", "1e12", "found response_ms '1e12'"),
        ("response_ms", "", "found response_ms ''"),
        ("views", "0", "found views '0'"),
        ("views", "9" * 30, "found views '999"),
        ("picture_px", "0", "found picture_px '0'"),
    ],
)
def test_an_impossible_value_is_named_with_its_file_and_place(frozen, column, wrong, words):
    table = good(frozen)
    table.loc[3, column] = wrong
    table.to_csv(frozen / "responses/p1.csv", index=False)
    with pytest.raises(ValueError, match="problem") as error:
        checked(frozen)
    assert f"p1.csv, answer 4: {words}" in str(error.value)


def test_one_session_under_two_codes_is_found(frozen):
    """Counted as two people it would narrow every interval; others may well say the same, but not at the same speed."""
    table = good(frozen)
    table.to_csv(frozen / "responses/p1.csv", index=False)
    slower = table.assign(participant="p3", response_ms=table.response_ms.astype(int) + 1)
    slower.to_csv(frozen / "responses/p3.csv", index=False)
    assert checked(frozen).participant.nunique() == 2
    table.assign(participant="p2").to_csv(frozen / "responses/p2.csv", index=False)
    with pytest.raises(
        ValueError, match=r"1 problem.*\n  p2.csv: found 34 of 34 answers of P2 equal to those of P1 in p1.csv, times too"
    ):
        checked(frozen)


def test_one_session_under_two_codes_is_found_with_an_answer_missing_and_another_changed(frozen):
    table = good(frozen)
    table.to_csv(frozen / "responses/p1.csv", index=False)
    other = table[1:].assign(participant="p2")
    other.loc[5, "response_ms"] = "7777"
    other.to_csv(frozen / "responses/p2.csv", index=False)
    with pytest.raises(ValueError, match="found 32 of 33 answers of P2 equal to those of P1 in p1"):
        checked(frozen)


def test_a_file_saved_half_way_beside_the_whole_one_counts_once(frozen):
    """The page offers to save before the end, and gives both files one name: the browser calls the second `p1 (1).csv`."""
    table = good(frozen)
    table[:10].to_csv(frozen / "responses/p1 (1).csv", index=False)
    table.to_csv(frozen / "responses/p1.csv", index=False)
    assert len(checked(frozen)) == len(table)
    table[:10].assign(choice="dog").to_csv(frozen / "responses/p1 (1).csv", index=False)
    with pytest.raises(ValueError, match=r"1 problem.*\n  p1 \(1\).csv: found answers of P1 that differ from those in p1.csv"):
        checked(frozen)


def test_a_file_of_another_study_is_one_problem_and_does_not_make_the_right_one_look_wrong(frozen):
    table = good(frozen)
    table.to_csv(frozen / "responses/p1.csv", index=False)
    table.assign(study_id="toy-00000000", choice="dog").to_csv(frozen / "responses/old.csv", index=False)
    found = r"1 problem.*\n  old.csv, answer 1: found study 'toy-0.* \(and 33 more of its answers\)$"
    with pytest.raises(ValueError, match=found):
        checked(frozen)


def test_pages_that_did_not_say_how_large_a_picture_was_count_too(frozen):
    table = good(frozen).drop(columns="picture_px")
    table.to_csv(frozen / "responses/p1.csv", index=False)
    (frozen / "responses/p2.json").write_text(as_json(good(frozen, "p2", 1).drop(columns="picture_px")))
    found = checked(frozen)
    assert found.participant.nunique() == 2 and found.picture_px.isna().all()


def test_duplicates_contradictions_and_damage_are_named_together(frozen):
    place = frozen / "responses"
    table = good(frozen)
    pd.concat([table, table.iloc[[2]]]).to_csv(place / "a.csv", index=False)
    table.assign(choice="cat").to_csv(place / "b.csv", index=False)
    (place / "c.json").write_text('{"study_id": 1')
    table.drop(columns="choice").to_csv(place / "d.csv", index=False)
    (place / "e.json").write_text("{}")
    (place / "f.csv").write_text("")
    table.to_csv(place / "j.csv", index=False, sep=";")
    (place / "g.csv.txt").write_text("")
    (place / "h.json").write_text("[1]")
    (place / "i.json").write_text('{"study_id": "toy", "participant": null, "responses": []}')
    with pytest.raises(ValueError, match="problem") as error:
        checked(frozen)
    for words in (
        f"a.csv, answer {len(table) + 1}: found trial 2 again",
        "b.csv: found answers of P1 that differ from those in a.csv",
        "c.json: expected JSON in UTF-8, found damage",
        "d.csv: found columns study_id, participant, trial, response_ms, views, answered_at, picture_px, expected choice among",
        "e.json: expected what the page saves, found no 'study_id'",
        "f.csv: found columns none",
        "j.csv: found columns with ';' between them",
        "g.csv.txt: expected a file that ends in .csv or .json",
        "h.json: expected what the page saves, found another kind of JSON",
        "i.json: found study_id and participant ['toy', None], expected texts",
    ):
        assert words in str(error.value), words


def test_freezing_copies_once_and_nothing_changes_it(tmp_path, frozen):
    exported = tmp_path / "results/toy/human"
    assert frozen.name == load_frozen(exported).study_id
    assert {path.name for path in frozen.iterdir()} == {"trials.json", "answer_key.csv", "page", "images", "responses"}
    assert not list((frozen / "page").glob("*key*")) and len(list((frozen / "images").iterdir())) == len(key())
    (frozen / "responses/p1.csv").write_text("kept")
    assert freeze(exported, tmp_path / "human") == frozen
    assert (frozen / "responses/p1.csv").read_text() == "kept"
    assert not os.stat(frozen / "answer_key.csv").st_mode & stat.S_IWUSR
    other = freeze(export(exported, key(repeats=1)), tmp_path / "human")
    assert other != frozen and (frozen / "responses/p1.csv").read_text() == "kept"


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("answer_key.csv", "ship", "cat", r"answer_key.csv: found another file than the one exported"),
        ("trials.json", '"pass_share": 0.75', '"pass_share": 0.0', r"trials.json: found other settings or trials .* toy-"),
    ],
)
def test_a_key_or_a_rule_of_exclusion_changed_after_the_freeze_is_found(frozen, name, old, new, words):
    path = frozen / name
    path.chmod(0o644)
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ValueError, match=words):
        load_frozen(frozen)


def test_commands_answer_in_words(tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match=r"found no .*results/no/human/trials.json"):
        commands.main(["freeze", str(tmp_path / "results/no/human"), str(tmp_path / "human")])
    said = commands.main(["freeze", str(export(tmp_path / "results/toy/human")), str(tmp_path / "human")])
    assert "page/index.html" in said and "responses/" in said and "consent" not in said
    whole = key()[key().kind == "full"]
    rows = zip(whole.trial, whole.label, whole["index"], strict=True)
    assert all(f"trial_{trial:04d}.png ({label}, image {number})" in said for trial, label, number in rows)
    assert said.count(".png") == 4
    monkeypatch.setitem(human_toys.SETTINGS, "consent", schema()["$defs"]["human"]["properties"]["consent"]["default"])
    said = commands.main(["freeze", str(export(tmp_path / "results/toy/human")), str(tmp_path / "human")])
    assert "names nobody" in said
    said = commands.main(["power", "--people", "10", "40", "--accuracy", "0.5"])
    assert len(said.splitlines()) == 3 and "half_width" in said
    with pytest.raises(SystemExit, match=r"spread: found 0.6"):
        commands.main(["power", "--spread", "0.6"])


def test_the_config_finds_the_frozen_study_and_its_answers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = read(json.loads(json.dumps(DEMO)))[0]
    assert people.frozen(plan) is None and people.responses(plan) == []
    for name in ("digits-aaaaaaaa", "digitsx-cccccccc"):
        (tmp_path / "human" / name / "responses").mkdir(parents=True)
        (tmp_path / "human" / name / "trials.json").touch()
    (tmp_path / "human/digits-aaaaaaaa/responses/p1.csv").touch()
    assert people.frozen(plan) == "human/digits-aaaaaaaa"
    assert people.responses(plan) == ["human/digits-aaaaaaaa/responses/p1.csv"]
    (tmp_path / "human/digits-aaaaaaaa/trials.json").unlink()
    with pytest.raises(ConfigError, match=r"found 'human/digits-aaaaaaaa without trials.json', expected trials.json in it"):
        people.frozen(plan)  # its answers are there
    (tmp_path / "human/digits-aaaaaaaa/trials.json").touch()
    other = tmp_path / "human/digitsx-cccccccc/p2.csv"  # another study's: not this one's to tell of
    other.write_text("study_id,participant,trial,choice,response_ms\n")
    assert people.frozen(plan)
    for place in ("digits-aaaaaaaa/p2.csv", "digits-aaaaaaaa/page/p2.json", "p2.CSV"):
        beside = tmp_path / "human" / place
        beside.parent.mkdir(exist_ok=True)
        beside.write_text("study_id,participant,trial,choice,response_ms\n")
        with pytest.raises(ConfigError, match=rf"found 'human/{place}', expected people's answers in .*aaaa/responses$"):
            people.frozen(plan)  # else it would not count, and nobody would be told
        beside.unlink()
    (tmp_path / "human/digits-bbbbbbbb").mkdir()
    (tmp_path / "human/digits-bbbbbbbb/trials.json").touch()
    for edit, words in (({}, "the name of one of the frozen studies"), ({"frozen": "digits-x"}, "one of digits-aaaaaaaa")):
        config = json.loads(json.dumps(DEMO))
        study(config)["human"] |= edit
        with pytest.raises(ConfigError, match=words):
            read(config)


def test_freezing_a_study_without_people_says_which_have_them(tmp_path):
    with pytest.raises(SystemExit, match=r"found no .*, expected an exported study; run the workflow first"):
        commands.main(["freeze", str(tmp_path / "results/toy/human"), str(tmp_path / "human")])
    for name in ("birds", "digits"):
        (tmp_path / f"results/{name}/human").mkdir(parents=True)
        (tmp_path / f"results/{name}/human/trials.json").write_text("{}")
    with pytest.raises(SystemExit, match="expected an exported study; birds, digits have one"):
        commands.main(["freeze", str(tmp_path / "results/toy/human"), str(tmp_path / "human")])


def test_alpha_is_of_names_not_of_numbers():
    """Three classes, two people who differ once in three: by the counts of the six answers, wherever the classes stand."""
    cat, dog, ship = "cat", "dog", "ship"
    far = pd.DataFrame({"participant": list("aaabbb"), "trial": [0, 1, 2] * 2, "choice": [cat, dog, ship, ship, dog, ship]})
    for said in (far, far.assign(choice=[cat, dog, ship, dog, dog, ship])):
        counts = said.choice.value_counts().to_numpy()
        expected = 1 - (2 / 6) / ((36 - (counts**2).sum()) / (6 * 5))
        assert analysis.alpha(said, [cat, dog, ship]) == pytest.approx(expected)


def test_confusion_and_the_machine_by_hand():
    """Two people, four classes twice: the cats are called dogs, one of two dogs a ship; the machine is wrong on two of eight."""
    table = key(per_class=2, fractions=(0.1,), practice=0, full_images=0, repeats=0)
    table.loc[[0, 1, 2], "machine_choice"] = ["dog", "cat", "ship"]
    said = dict(zip(table.trial, table.label, strict=True)) | {0: "dog", 4: "dog", 1: "ship"}
    columns = ["study_id", "participant", "trial", "choice", "response_ms", "views", "answered_at", "picture_px", "file", "row"]
    rows = [
        ("toy", person, str(trial), choice, str(1000 + trial + place), "1", "", "480", f"{person}.csv", trial + 1)
        for place, person in enumerate("ab")
        for trial, choice in said.items()
    ]
    scored = responses.score(responses.check(pd.DataFrame(rows, columns=columns), [], "toy", table, CLASSES), table)
    found = analysis.summary(scored, responses.participants(scored, table, 0), CLASSES)
    at = found[found.quantity == "confusion"].set_index(["label", "choice"]).value
    assert at["cat", "dog"] == 1 and at["dog", "cat"] == 0 and at["dog", "ship"] == at["dog", "dog"] == 0.5
    assert found[found.quantity == "machine_accuracy"].value.tolist() == [6 / 8]
    assert value(found, "accuracy_other_pictures", 0.1).value == 5 / 8
    ahead = value(
        found, "networks_minus_people", 0.1
    )  # the machine alone is right on one of eight; two people: one degree of freedom
    assert ahead.value == 1 / 8 and ahead.low == -1 and ahead.high == 1
    own = found[found.quantity == "class_accuracy"].set_index("label").value
    assert own.index.tolist() == CLASSES and found[found.quantity == "accuracy"].low.isna().all()  # both people alike
    assert own["cat"] == 0 and own["dog"] == 0.5 and own["ship"] == 1
