"""The pages of a real run in a real browser: nothing is cut off, nothing fails, nothing is fetched."""

import pytest

REACHED = """box => {
    const [inside, out] = [box.firstElementChild, box.getBoundingClientRect()], found = [];
    box.scrollTo(0, 0);
    let at = inside.getBoundingClientRect();
    found.push(at.left >= out.left, at.top >= out.top);
    box.scrollTo(box.scrollWidth, box.scrollHeight);
    at = inside.getBoundingClientRect();
    return [...found, at.right <= out.right + 1, at.bottom <= out.bottom + 1];
}"""  # left, top, right and bottom edge of what a box holds can be scrolled to; a pixel for rounding


@pytest.mark.parametrize("size", [(1400, 900), (390, 844)], ids=["desktop", "phone"])
@pytest.mark.parametrize("name", ["answers.html", "verdict.html", "verdict_classes/0.html"])
def test_no_page_is_wider_than_the_window(finished, visit, name, size):
    page = visit(finished / "results/tiny" / name, *size)
    for folded in page.locator("summary").all():
        folded.click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    widths = page.locator("img:visible").evaluate_all(
        "all => all.map(img => [img.naturalWidth, img.getBoundingClientRect().right])"
    )
    assert widths and all(natural > 0 and right <= size[0] for natural, right in widths)


@pytest.mark.parametrize("size", [(1400, 900), (1400, 500), (390, 844)], ids=["desktop", "low", "phone"])
def test_figures_of_the_report_can_be_scrolled_to_every_edge(report, visit, size):
    """Snakemake's stylesheet alone centres what is larger than the window, so that its left and its top are lost.

    And on a phone its menu leaves a strip for what it opens.
    """
    page = visit(report, *size)
    content = page.locator("div.grow.overflow-auto")
    page.get_by_text("Start with Verdict").wait_for()
    assert content.evaluate(REACHED) == [True] * 4
    figures = page.evaluate("Object.values(results).filter(r => r.mime_type === 'image/png').map(r => r.labels.result)")
    categories = page.evaluate("Object.entries(categories).map(([name, within]) => [name, Object.values(within).flat()])")
    heights = []
    for figure in figures:
        file = figure.split()[1]
        category = next(name for name, paths in categories if any(path.endswith(f"figures/{file}.png") for path in paths))
        page.get_by_text(category, exact=True).click()
        page.locator("tr", has_text=figure).locator("[iconname=eye]").click()
        page.wait_for_function("document.querySelector('.grow.overflow-auto img')?.naturalWidth")
        assert content.evaluate(REACHED) == [True] * 4, figure
        heights.append(content.locator("img").bounding_box()["height"])
        page.reload()
    assert len(heights) == 2 and (max(heights) > 500 or size[0] < 500)  # taller than the low window


@pytest.mark.parametrize("size", [(1400, 900), (390, 844)], ids=["desktop", "phone"])
def test_the_report_opens_on_questions_and_answers(report, finished, visit, size):
    """Each of `answers.html`, as wide as the window allows, above the graph of rules."""
    page, answers = visit(report, *size), visit(finished / "results/tiny/answers.html", *size)
    page.get_by_text("Start with Verdict").wait_for()
    shown = page.locator(".prose ol li").all_inner_texts()
    assert page.locator(".prose a[href^='#']").count() == 0  # they are another page's
    assert shown == answers.locator("ol.index li").all_inner_texts() and len(shown) > 2
    words, graph = page.locator(".prose").bounding_box(), page.locator("div#rulegraph").bounding_box()
    assert words["y"] + words["height"] <= graph["y"] and words["width"] > min(800, size[0] - 60)


def test_every_category_of_the_report_opens(report, visit):
    page = visit(report, 1400, 900)
    page.get_by_text("Start with Verdict").wait_for()
    categories = page.evaluate("Object.entries(categories).map(([name, within]) => [name, Object.values(within).flat().length])")
    listed = [name for name in page.locator("nav, body").first.inner_text().split("\n") if name in dict(categories)]
    assert listed == sorted(dict(categories)) and listed[:2] == ["1 Verdict", "2 Answers"]
    for name, results in categories:
        page.get_by_text(name, exact=True).click()
        page.locator("tbody tr").first.wait_for()
        assert page.locator("tbody tr").count() == results, name
        page.reload()


def test_pages_within_the_report_are_whole(report, visit):
    page = visit(report, 1400, 900)
    for name in ("1 Verdict", "2 Answers"):
        page.get_by_text(name, exact=True).first.click()
        page.locator("[iconname=eye]").click()
        inside = page.frame_locator("iframe")
        inside.locator("h1").wait_for()
        assert inside.locator("html").evaluate("html => html.scrollWidth <= html.clientWidth")
        assert inside.locator("a[href]:not([href^='#'])").count() == 0  # they would leave a white window
        inside.get_by_text("Links to other files are left out here").wait_for()
        page.reload()
