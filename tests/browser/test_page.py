"""The page people use, in a real browser: a whole study with mouse and keys, and what the analysis makes of its files."""

import json
import subprocess
import sys

import pandas as pd
import pytest

from overinterp.artifacts.trials import freeze, load_frozen
from tests.unit.human_toys import CLASSES, export, key


@pytest.fixture
def study(tmp_path):
    """A frozen study, named by its folder."""
    return freeze(export(tmp_path / "results/toy/human"), tmp_path / "human")


@pytest.fixture
def page(visit, study):
    return visit(study / "page/index.html")


def begin(page, code):
    page.check("#agree")
    page.fill("#code", code)
    page.click("#start button")


def shown(page, number):
    """Wait until a picture can be answered."""
    page.wait_for_function(
        "n => session && session.responses.length === n && shownAt !== null && performance.now() - shownAt > SOONEST", arg=number
    )


def answer(page, number, choice, by):
    shown(page, number)
    if by == "mouse":
        page.click(f"#choices button >> nth={CLASSES.index(choice)}")
    elif by == "key":
        page.keyboard.press(str(CLASSES.index(choice) + 1))
    else:  # the keyboard alone, without the short cuts
        page.locator("#choices button").nth(CLASSES.index(choice)).focus()
        page.keyboard.press("Enter")


def saved(page, form):
    with page.expect_download() as download:
        page.click(f"#done button:has-text('{form}')")
    return download.value


def test_a_whole_study_with_mouse_and_keys_reloaded_in_the_middle_is_scored_right(page, study):
    """One person, wrong on every third picture of the first batch; the files go through the rule's own script."""
    answers = load_frozen(study).key
    begin(page, "p1")
    page.click("#first")
    truth, batch = {}, -1
    for number, row in enumerate(answers.itertuples()):
        if row.batch != batch:
            batch = row.batch
            page.click("#part button")
        if number == 9:
            shown(page, number)
            page.reload()
            assert page.is_visible("#paused")
            practice = (answers.batch < 0).sum()
            assert f"answered {number - practice} of {len(answers) - practice} pictures" in page.inner_text("#paused-text")
            page.click("#paused button.main")
        if number == 14:
            shown(page, number)
            page.keyboard.press("Escape")
            assert page.is_visible("#paused") and not page.is_visible("#picture")
            page.keyboard.press("Enter")  # the heading has the focus: nothing happens
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
        wrong = row.kind == "main" and row.batch == 0 and row.index % 3 == 0
        choice = CLASSES[(CLASSES.index(row.label) + 1) % len(CLASSES)] if wrong else row.label
        truth[row.trial] = choice
        answer(page, number, choice, ("mouse", "key", "tab")[number % 3])
    page.wait_for_selector("#done", state="visible")
    assert not page.is_visible("#done .saved")
    for form in ("CSV", "JSON"):
        file = saved(page, form)
        said = page.inner_text("#done .saved")
        assert f"Saved all {len(answers)} answers as {file.suggested_filename}" in said and "One file is enough" in said
        assert file.suggested_filename == f"{study.name}-P1.{form.lower()}"
        file.save_as(study / "responses" / file.suggested_filename)
    table = pd.read_csv(next((study / "responses").glob("*.csv")))
    assert table.study_id.unique().tolist() == [study.name] and table.participant.unique().tolist() == ["P1"]
    assert dict(zip(table.trial, table.choice)) == truth
    assert table.views.tolist() == [1 + (number in (9, 14)) for number in range(len(answers))]
    assert (table.response_ms >= 250).all() and table.picture_px.between(150, 480).all()
    content = json.loads(next((study / "responses").glob("*.json")).read_text())
    assert content["finished_at"] > content["consented_at"] and "tab" not in content

    out = study.parent / "out"
    code = (
        "import sys; from pathlib import Path; import analyze_human; s, o = map(Path, sys.argv[1:]);"
        "analyze_human.main(s, sorted((s / 'responses').iterdir()), o / 'a.csv', o / 'p.csv', o / 's.csv', o / 's.html')"
    )
    scripts = next(part for part in sys.path if part.endswith("workflow/scripts"))
    subprocess.run([sys.executable, "-c", code, str(study), str(out)], cwd=scripts, check=True)
    people, summary = pd.read_csv(out / "p.csv"), pd.read_csv(out / "s.csv")
    assert people[["participant", "full_images_right", "repeats", "included"]].values.tolist() == [["P1", 4, 4, True]]
    assert people.repeats_same[0] == 3  # of the pictures shown twice, one had been answered wrongly on purpose
    accuracy = summary[summary.quantity == "accuracy"].set_index("fraction").value
    assert accuracy[0.1] == pytest.approx(8 / 12) and accuracy[0.5] == 1


def test_the_source_holds_no_answer(study):
    """Nothing of the key but the choices, and not the order of the classes: each choice stands in the page once."""
    source = (study / "page/index.html").read_text()
    text = source[source.index('id="study">') : source.index("</script>", source.index('id="study">'))]
    content = json.loads(text.removeprefix('id="study">'))
    assert set(content) == {"study_id", "title", "consent", "instructions", "debrief", "scale", "choices", "trials"}
    assert {tuple(trial) for trial in content["trials"]} == {("trial", "phase", "batch", "picture")}
    assert content["choices"] == CLASSES
    for word in ("label", "machine", "network", "repeat", "full_images"):
        assert f'"{word}' not in text


def test_two_people_on_one_machine_do_not_mix(page, study):
    begin(page, "ANN")
    page.click("#first")
    answer(page, 0, "cat", "key")
    shown(page, 1)
    page.click("#pause")
    page.click("#leave")
    assert page.is_visible("#welcome") and page.input_value("#code") != "ANN"
    assert not page.is_checked("#agree")
    begin(page, "bob")
    assert page.is_visible("#instructions")
    page.click("#first")
    answer(page, 0, "dog", "key")
    shown(page, 1)
    answer(page, 1, "dog", "key")
    page.goto(page.url + "?participant=ann")  # a link for Ann does not go on with Bob's
    assert page.is_visible("#welcome") and page.input_value("#code") == "ann"
    page.check("#agree")
    page.click("#start button")  # are they yours?
    assert page.asked == ["Answers under this code are on this device already. Are they yours?"]
    assert "answered 1 of" in page.inner_text("#paused-text")
    kept = page.evaluate("id => ['ANN', 'BOB'].map(c => JSON.parse(localStorage[`overinterp:${id}:${c}`]).responses)", study.name)
    assert [[response["choice"] for response in person] for person in kept] == [["cat"], ["dog", "dog"]]


def test_a_second_window_of_the_same_person_takes_over(visit, page, study):
    begin(page, "C1")
    page.click("#first")
    answer(page, 0, "cat", "key")
    shown(page, 1)
    other = visit(study / "page/index.html")
    begin(other, "C1")
    other.click("#paused button.main")
    answer(other, 1, "dog", "key")
    other.click("#part button")  # practice is over
    shown(other, 2)
    page.evaluate("choose('cat')")
    assert page.is_visible("#elsewhere") and page.evaluate("stored('C1').responses.length") == 2
    page.click("#take-over")
    assert "answered 0 of 32 pictures" in page.inner_text("#paused-text")  # two of practice
    page.click("#paused button.main")
    answer(page, 2, "cat", "mouse")
    assert [row["choice"] for row in page.evaluate("stored('C1').responses")] == ["cat", "dog", "cat"]


def test_without_consent_or_with_a_bad_code_nothing_begins(page):
    page.click("#start button")
    assert "tick the box" in page.inner_text("#start-error") and page.is_visible("#welcome")
    begin(page, "Ann Smith")
    assert "A code has" in page.inner_text("#start-error") and page.is_visible("#welcome")
    assert page.evaluate("localStorage.length") == 0


def test_a_key_held_or_pressed_twice_answers_once(page):
    begin(page, "D1")
    page.click("#first")
    shown(page, 0)
    page.evaluate(
        "for (const repeat of [false, true, true]) document.dispatchEvent(new KeyboardEvent('keydown', {key: '1', repeat}));"
        "document.dispatchEvent(new KeyboardEvent('keydown', {key: '1'}))"
    )
    shown(page, 1)
    assert page.evaluate("session.responses.length") == 1


def test_the_same_choice_clicked_again_on_the_next_picture_counts(page):
    """The browser calls it the second click of a double one; it comes later than those do."""
    begin(page, "D5")
    page.click("#first")
    shown(page, 0)
    place = page.locator("#choices button").nth(1).bounding_box()
    page.mouse.move(place["x"] + 9, place["y"] + 9)
    for count in (1, 2):
        page.mouse.down(click_count=count)
        page.mouse.up(click_count=count)
        page.wait_for_timeout(700)
    assert page.evaluate("session.responses.length") == 2


def test_digits_are_found_where_they_need_the_shift_key(page):
    begin(page, "D6")
    page.click("#first")
    shown(page, 0)
    page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'é', code: 'Digit2'}))")  # as on AZERTY
    shown(page, 1)
    assert page.evaluate("session.responses[0].choice") == CLASSES[1]


NAMED = '{"participant": "J1"'


@pytest.mark.parametrize(
    "damage", ["{", "[]", "{}", NAMED + "}", NAMED + ', "responses": []}', NAMED + ', "views": 0, "responses": [null]}']
)
def test_a_damaged_entry_of_the_browser_is_none(page, study, damage):
    page.evaluate(
        "([id, text]) => { localStorage[`overinterp:${id}:J1`] = text; sessionStorage[`overinterp:${id}:`] = 'J1'; }",
        [study.name, damage],
    )
    page.reload()
    assert page.is_visible("#welcome")
    begin(page, "J1")
    assert page.is_visible("#instructions")


def test_who_has_saved_nothing_is_asked_before_the_next_person_begins(page):
    begin(page, "D7")
    page.evaluate("show('done')")
    page.evaluate("session.responses.push({trial: 0}); store()")
    page.click("#next")
    assert "not been saved as a file" in page.asked[0] and "under the code D7" in page.asked[0]
    begin(page, "D8")
    page.evaluate("show('done')")
    page.evaluate("session.responses.push({trial: 0})")
    saved(page, "CSV")
    page.reload()  # it is known of the session, not of the window
    page.evaluate("show('done')")
    page.click("#next")
    assert len(page.asked) == 1


def test_who_has_answered_all_and_saved_nothing_is_asked_before_the_page_closes_and_told_when_it_opens_again(page):
    """Their code may not be noted; what is half way waits in the browser anyway."""
    assert not page.is_visible("#earlier")
    begin(page, "D9")
    page.evaluate("out()")
    assert not page.is_visible("#earlier")  # nothing is answered
    begin(page, "D9")
    page.evaluate("session.responses.push({trial: 0}); store()")
    page.reload()
    assert page.asked == ["Answers under this code are on this device already. Are they yours?"] and not page.asked.clear()
    page.click("#paused summary")
    assert "It was about networks." in page.inner_text("#paused")
    page.evaluate("session.responses = study.trials.map(({trial}) => ({trial})); store(); show('done')")
    assert "It was about networks." in page.inner_text("#done")
    page.click("#done h1")  # browsers ask only on pages that were touched
    page.reload()
    assert len(page.asked) == 1
    page.evaluate("show('done')")
    saved(page, "CSV")
    page.reload()
    assert len(page.asked) == 1
    page.evaluate("out()")
    assert "enter your code" in page.inner_text("#earlier") and "D9" not in page.inner_text("#welcome")


def test_a_double_click_answers_once_and_a_third_click_is_none(page):
    """Clicks 400 ms apart in one place, which the browser counts: the second is too soon after the first, the third is not."""
    begin(page, "D2")
    page.click("#first")
    shown(page, 0)
    answered = page.evaluate(
        """async () => {
            const button = document.querySelector("#choices button"), answered = [];
            for (const detail of [1, 2, 3]) {
                button.dispatchEvent(new MouseEvent("click", { detail }));
                answered.push(session.responses.length);
                await new Promise(over => setTimeout(over, 400));
            }
            return answered;
        }"""
    )
    assert answered == [1, 1, 2]


def test_a_file_saved_half_way_is_not_said_to_be_enough(page):
    begin(page, "D4")
    page.click("#first")
    answer(page, 0, "cat", "key")
    shown(page, 1)
    page.click("#pause")
    page.click("summary")
    with page.expect_download():
        page.click("#paused button:has-text('CSV')")
    said = page.inner_text("#paused .saved")
    assert "Saved the first 1 answers" in said and "enough" not in said
    page.click("#paused button.main")
    shown(page, 1)
    page.evaluate("show('done')")
    assert not page.is_visible("#done .saved")


def test_the_space_bar_after_a_click_chooses_nothing(page):
    begin(page, "D3")
    page.click("#first")
    answer(page, 0, "cat", "mouse")
    shown(page, 1)
    page.keyboard.press("Space")
    page.wait_for_timeout(100)
    assert page.evaluate("session.responses.length") == 1 and page.evaluate("document.activeElement.tagName") == "H1"


def test_without_a_place_to_keep_answers_nothing_falls_below_the_fold(page):
    page.evaluate("() => { Storage.prototype.setItem = () => { throw new Error('full'); }; }")
    page.set_viewport_size({"width": 390, "height": 844})
    begin(page, "F3")
    page.click("#first")
    shown(page, 0)
    assert page.is_visible("#unsaved") and page.locator("#picture").bounding_box()["width"] >= 120
    last = page.locator("#choices button").last.bounding_box()
    assert last["y"] + last["height"] <= 844


def test_the_next_person_does_not_get_the_code_of_the_link(visit, study):
    page = visit(f"{study}/page/index.html?participant=P07")
    page.check("#agree")
    page.click("#start button")
    page.click("#first")
    answer(page, 0, "cat", "key")
    shown(page, 1)
    page.click("#pause")
    page.click("#leave")
    assert page.input_value("#code") != "P07"


def test_deleted_answers_stay_deleted(page):
    """Another window of the same person does not write them again."""
    begin(page, "E2")
    page.click("#first")
    answer(page, 0, "cat", "key")
    shown(page, 1)
    page.evaluate("localStorage.clear()")
    page.evaluate("choose('cat')")
    assert page.is_visible("#welcome") and page.evaluate("localStorage.length") == 0


def test_where_nothing_is_kept_nothing_is_lost_unasked(page):
    page.add_init_script("Storage.prototype.setItem = () => { throw new Error('full'); };")
    page.reload()
    assert page.is_visible("#unsaved")
    begin(page, "F2")
    assert page.is_visible("#unsaved")
    assert "are kept in this browser" not in page.inner_text("#facts") and "before you close" in page.inner_text("#facts")
    page.click("#first")
    answer(page, 0, "cat", "key")
    shown(page, 1)
    page.click("#pause")
    page.click("#leave")
    assert page.asked and "not been saved" in page.asked[0]


def test_choices_that_are_digits_are_their_own_keys(visit, tmp_path):
    """Else who sees a 3 and presses 3 would have answered 2."""
    table = key().replace({name: str(digit) for digit, name in enumerate(CLASSES)})
    page = visit(export(tmp_path / "digits", table, choices=["0", "1", "2", "3"]) / "page/index.html")
    begin(page, "H1")
    page.click("#first")
    shown(page, 0)
    page.keyboard.press("3")
    shown(page, 1)
    assert page.evaluate("session.responses[0].choice") == "3"
    assert page.inner_text("#choices button >> nth=3") == "3"


def test_answers_can_be_deleted(page):
    begin(page, "E1")
    page.click("#first")
    answer(page, 0, "cat", "key")
    shown(page, 1)
    page.click("#pause")
    page.click("summary")
    page.click("#paused button:has-text('Delete')")
    assert page.is_visible("#welcome") and page.evaluate("localStorage.length") == 0


def test_texts_are_text_and_landmarks_are_there(page):
    assert page.inner_text("#consent p >> nth=1") == "Second <i>paragraph</i>."
    for landmark in ("header", "main", "footer"):
        assert page.locator(f"body > {landmark}").count() == 1
    begin(page, "F1")
    page.click("#first")
    shown(page, 0)
    assert page.inner_text("#choices button >> nth=3").endswith(CLASSES[3])
    assert page.get_attribute("#picture", "alt") == "Practice picture 1 of 2" == page.inner_text("#trial h1")
    assert page.get_by_role("progressbar").get_attribute("max") and page.get_by_role("group").count() == 1


@pytest.mark.parametrize("size", [(360, 640), (390, 844), (844, 390), (768, 1024), (1366, 768), (2560, 1440)], ids=str)
def test_picture_and_choices_fit_every_screen(visit, study, size):
    page = visit(study / "page/index.html", *size)
    begin(page, "G1")
    page.click("#first")
    shown(page, 0)
    boxes = [
        page.locator("#picture").bounding_box(),
        *(button.bounding_box() for button in page.locator("#choices button").all()),
    ]
    for box in boxes:
        assert box["x"] >= 0 and box["x"] + box["width"] <= size[0] and box["y"] + box["height"] <= size[1], (box, size)
    assert 150 <= boxes[0]["width"] <= 480
    assert boxes[0]["width"] % 4 == 0  # a whole number of screen pixels a pixel of the image
    assert min(box["height"] for box in boxes[1:]) >= 40
