"""The verdict page in a real browser: sorted, filtered, printed, on a desktop and on a phone; nothing is fetched."""

import pytest

from tests.unit.verdict_toys import Anything, Corner, verdict


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("verdict")
    verdict(folder / "toy", Anything, null=Corner)
    return folder / "toy"


@pytest.fixture(params=[(1280, 900), (390, 844)], ids=["desktop", "phone"])
def page(visit, study, request):
    return visit(study / "verdict.html", *request.param)


def names(page):
    return page.locator("#classes tbody tr:visible th").all_inner_texts()


def test_the_first_screen_says_the_state_and_a_sentence(page):
    height = page.viewport_size["height"]
    assert page.locator("h1").inner_text().split()[-2:] == ["fault", "shown"]
    assert page.locator(".lead").bounding_box()["y"] < height / 2
    assert page.locator(".numbers tbody tr").first.bounding_box()["y"] < height
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_classes_are_sorted_and_filtered(page):
    assert len(names(page)) == 3
    button = page.locator("#classes button", has_text="class").first
    button.click()
    assert names(page) == ["ant", "bee", "cat <b>"] and button.locator("xpath=..").get_attribute("aria-sort") == "ascending"
    button.press("Enter")
    assert names(page) == ["cat <b>", "bee", "ant"]
    sizes = page.locator("#classes button", has_text="size").first
    sizes.click()
    shown = page.locator("#classes tbody tr").evaluate_all("rows => rows.map(row => Number(row.dataset.size))")
    assert shown == sorted(shown) and button.locator("xpath=..").get_attribute("aria-sort") == "none"
    page.fill("#filter", "BE")
    assert names(page) == ["bee"] and page.locator("details:visible").count() == 1
    page.fill("#filter", "")
    assert len(names(page)) == 3


def test_every_picture_is_there_and_all_are_printed(page):
    page.locator("details").last.locator("summary").click()
    assert page.locator("details").last.get_attribute("open") is None
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    broken = page.locator("img").evaluate_all("images => images.filter(image => !image.complete || !image.naturalWidth).length")
    assert broken == 0 and page.locator("figure").count() >= 6 + 3
    assert page.locator("figure").first.locator("img").count() == 3  # the image, its class, a class that is not there
