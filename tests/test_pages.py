"""The front pages are short, their figures measured, their pictures current, in both languages."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from support import figures
from support.answers import QUESTIONS
from support.commands import ROOT
from support.projects import Bakery
from test_documents import FENCE, Wrong, check, prose, simple_commands, spans

PICTURES = ROOT / "docs/pictures"
SESSIONS = ("questions", "activation", "compose", "switch", "session")
# A page of the front, and the same in Japanese.
LANGUAGES = [
    (ROOT / "README.md", ROOT / "README.ja.md"),
    (ROOT / "docs/choose.md", ROOT / "docs/choose.ja.md"),
]


# --- Short --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_the_readme_is_read_in_minutes(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert len(text.splitlines()) <= 150
    assert len(text.split()) <= 1200
    assert max(len(line) for line in FENCE.sub("", text).splitlines()) <= 100


def test_the_first_screen_has_a_picture_and_the_real_start() -> None:
    first = (ROOT / "README.md").read_text("utf-8").partition("\n## Try it\n")[0]
    assert "](docs/pictures/session.svg)" in first
    [_, _, _, start] = FENCE.split(first)[:4]
    assert start.startswith("uvx copier copy gh:OWNER/REPO my-project\ncd my-project\n")
    assert "&&" not in start and ";" not in start


# --- Figures ------------------------------------------------------------------


@pytest.mark.parametrize("path", figures.PAGES, ids=lambda path: path.name)
def test_each_figure_is_a_measured_one(path: Path) -> None:
    text = path.read_text("utf-8")
    assert figures.filled(text, figures.read(), figures.PAGES[path]) == text


@pytest.mark.parametrize("ending", ["", ".ja"])
@pytest.mark.parametrize(
    ("kind", "names"),
    [("time", ("set_up", "start", "tests", "rebuild", "branch")), ("space", ("disk", "memory"))],
)
def test_each_plot_shows_the_measured_figures(kind: str, names: list[str], ending: str) -> None:
    costs = figures.read()["costs"]
    svg = (ROOT / f"docs/figures/{kind}{ending}.svg").read_text("utf-8")
    [alternative] = re.findall(r"<title>(.*?)</title>", svg)
    shown = {figures.shown(name, costs[side][name]) for name in names for side in costs}
    assert {
        value for value in shown if value not in alternative or f">{value}<" not in svg
    } == set()


def test_each_choice_shows_about_what_was_measured() -> None:
    costs = figures.read()["costs"]
    for label, isolation in QUESTIONS["isolation"]["choices"].items():
        if isolation in costs:
            [(time, size)] = re.findall(r"ready in (\d+) s, (\d+) MB", label)
            assert int(size) == pytest.approx(costs[isolation]["disk"] / 1e6, rel=0.2)
            assert 0.1 < costs[isolation]["set_up"] / int(time) < 1.5


def test_all_other_figures_of_the_comparison_have_a_source() -> None:
    text = figures.PLACE.sub("", (ROOT / "docs/choose.md").read_text("utf-8"))
    rows = [line for line in text.splitlines() if re.search(r"\d (GB|MB|s|million)\b", line)]
    assert [row for row in rows if "](https://" not in row or "2026" not in row] == []


# --- Pictures -----------------------------------------------------------------


def lines(svg: str) -> list[str]:
    """Return the lines that a picture of a terminal shows, scene by scene."""
    found = []
    for scene in svg.split("<g ")[1:]:
        cells: dict[float, list[tuple[float, str]]] = {}
        for x, y, text in re.findall(r'<text [^>]*x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)<', scene):
            words = html.unescape(text).replace("\N{NO-BREAK SPACE}", " ")
            cells.setdefault(float(y), []).append((float(x), words))
        for _, parts in sorted(cells.items()):
            line = ""
            for x, text in sorted(parts):
                line = line.ljust(round(x / 12.2)) + text
            found.append(line.rstrip())
    return found


@pytest.fixture(params=SESSIONS)
def picture(request: pytest.FixtureRequest) -> str:
    return (PICTURES / f"{request.param}.svg").read_text("utf-8")


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/*/*.svg")), ids=lambda path: path.name)
def test_each_picture_is_small_and_has_words_and_two_sets_of_colours(path: Path) -> None:
    svg = path.read_text("utf-8")
    assert len(svg.encode()) <= 60_000
    assert 'role="img"' in svg and len(re.findall("<title>(.*?)</title>", svg)[0]) > 20
    assert "prefers-color-scheme: dark" in svg


def test_a_terminal_is_legible_on_a_narrow_screen(picture: str) -> None:
    [width] = re.findall(r'viewBox="0 0 ([\d.]+)', picture)
    assert float(width) / 12.2 <= 60
    assert 20 / float(width) * 360 >= 10, "pixels of a letter on a screen of 360 pixels"


def test_a_picture_shows_only_questions_that_exist(picture: str) -> None:
    asked = [str(question.get("help", "")).splitlines() for question in QUESTIONS.values()]
    known = {line for text in asked for line in text}
    labels = set(QUESTIONS["isolation"]["choices"])
    shown = lines(picture)
    questions = [
        line.removeprefix("\N{MICROPHONE}").strip()
        for line in shown
        if line.startswith("\N{MICROPHONE}")
    ]
    assert [question for question in questions if question not in known] == []
    offered = [line.strip(" »") for line in shown if re.match(r" [ »] \w+ - ", line)]
    assert [label for label in offered if label not in labels] == []


def test_a_picture_shows_only_commands_that_exist(picture: str, bake: Bakery) -> None:
    project = bake(isolation="both", app="web", project_name="Tea Shop")
    found = []
    shown = lines(picture)
    for number, line in enumerate(shown):
        command = re.match(r"(?:\(tea-shop\) )?\$ (.+)", line)
        if not command:
            continue
        # A long command continues on the next line.
        typed = command[1] + (shown[number + 1] if len(line) == 56 else "")
        found.append(typed)
        for words in simple_commands(typed):
            if words[0] not in ("curl",):
                try:
                    check(project, words)
                except Wrong as wrong:
                    pytest.fail(f"{typed}: {wrong}")
    assert found or "\N{MICROPHONE}" in "".join(shown)


def test_the_film_and_the_pictures_show_the_same() -> None:
    film = lines((PICTURES / "session.svg").read_text("utf-8"))
    for name in SESSIONS[:-1]:
        assert lines((PICTURES / f"{name}.svg").read_text("utf-8"))[-1] in film


# --- Two languages ------------------------------------------------------------


@pytest.mark.parametrize("pages", LANGUAGES, ids=lambda pages: pages[0].name)
def test_both_languages_have_the_same_structure(pages: tuple[Path, Path]) -> None:
    english, japanese = (page.read_text("utf-8") for page in pages)

    def headings(text: str) -> list[str]:
        return re.findall(r"^(#+) ", FENCE.sub("", text), re.MULTILINE)

    def rows(text: str) -> list[int]:
        found = re.findall(r"^\|.*\|$", text, re.MULTILINE)
        return [len(re.split(r"(?<!\\)\|", row)) for row in found]

    def items(text: str) -> list[str]:
        return re.findall(r"^(-|\d\.) ", FENCE.sub("", text), re.MULTILINE)

    assert headings(english) == headings(japanese)
    assert rows(english) == rows(japanese)
    assert items(english) == items(japanese)


@pytest.mark.parametrize("pages", LANGUAGES, ids=lambda pages: pages[0].name)
def test_both_languages_have_the_same_commands_links_and_figures(pages: tuple[Path, Path]) -> None:
    english, japanese = (page.read_text("utf-8") for page in pages)

    def commands(text: str) -> list[str]:
        return [match[3] for match in FENCE.finditer(text) if match[2] == "sh"]

    def code(text: str) -> set[str]:
        return set(spans(text))

    def links(text: str) -> set[str]:
        found = re.findall(r"\]\(([^)\s]+)\)", text)
        targets = {link.replace(".ja.", ".").partition("#")[0] or "this" for link in found}
        return targets - {page.name.replace(".ja.", ".") for page in pages}

    def numbers(text: str) -> list[str]:
        text = re.sub(r"\]\([^)]*\)", "", prose(figures.PLACE.sub("", text)))
        text = text.replace("2026年8月", "").replace("2026年11月", "").replace("2026", "")
        return sorted(re.findall(r"\d+ (?:MB|GB|s)\b", text))

    assert commands(english) == commands(japanese)
    assert code(english) == code(japanese)
    assert links(english) == links(japanese)
    assert numbers(english) == numbers(japanese)


@pytest.mark.parametrize("pages", LANGUAGES, ids=lambda pages: pages[0].name)
def test_each_language_links_to_the_other(pages: tuple[Path, Path]) -> None:
    for page, other in (pages, pages[::-1]):
        assert f"]({other.name})" in page.read_text("utf-8").partition("\n## ")[0]
