"""Make the pictures of the documentation again:  python tools/pictures.py

A session is typed into a real bash in a terminal of 56 columns, which pyte emulates; Rich draws
what is on its screen. session.svg is a film of the others, and isolation.svg a drawing. The plots
are made by `tests/benchmarks/run.py choose`, from what it measures. Needs tools/requirements.txt,
a container engine, and Copier and uv on PATH.
"""

from __future__ import annotations

import argparse
import html
import io
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pexpect
import pyte
import yaml
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
BIN = Path(sys.executable).parent

COLUMNS = 56
ROWS = 44
# A scene of the film has the last lines of the screen.
ROWS_OF_FILM = 22
PROJECT = "tea-shop"
# The Python of the system, so that no picture shows where somebody keeps another one.
PYTHON = Path("/usr/bin/python3").resolve().name.removeprefix("python")

# The address that the pictures show. Git finds this checkout behind it.
ADDRESS = "gh:OWNER/REPO"

# --- Colours ------------------------------------------------------------------

# The names of the colours of a terminal, each with its value on a light and on a dark page.
COLOURS = {
    "black": ("#24292f", "#c9d1d9"),
    "red": ("#b3261e", "#ff8b82"),
    "green": ("#116329", "#6fdd8b"),
    "yellow": ("#7d4e00", "#e3b341"),
    "blue": ("#0550ae", "#79c0ff"),
    "magenta": ("#8250df", "#d2a8ff"),
    "cyan": ("#1b6a76", "#76d9e6"),
    "white": ("#57606a", "#8b949e"),
    "background": ("#f6f8fa", "#161b22"),
    "foreground": ("#24292f", "#e6edf3"),
}
# Rich draws with these values, which are then replaced by names, so that one picture has two sets.
MARKS = {name: (number, 254, 1) for number, name in enumerate(COLOURS)}
ANSI = [MARKS[name] for name in list(COLOURS)[:8]]
THEME = TerminalTheme(MARKS["background"], MARKS["foreground"], ANSI, ANSI)

MONOSPACE = "ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace"
SANS = "system-ui, Segoe UI, Roboto, Hiragino Sans, Noto Sans CJK JP, Noto Sans JP, sans-serif"


def style_sheet(extra: str = "") -> str:
    """Return the rules that choose the colours by the reader's setting."""
    light, dark = (
        "".join(f"--{name}:{values[index]};" for name, values in COLOURS.items())
        for index in range(2)
    )
    return (
        f":root{{{light}}}@media (prefers-color-scheme: dark){{:root{{{dark}}}}}"
        f".page{{fill:var(--background)}}{extra}"
    )


def document(width: float, height: float, title: str, styles: str, body: str) -> str:
    """Return a picture with a title, which is also its text alternative."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img">'
        f"<title>{html.escape(title)}</title><style>{styles}</style>"
        f'<rect class="page" width="{width:g}" height="{height:g}" rx="8"/>{body}</svg>\n'
    )


# --- A terminal ---------------------------------------------------------------


class Terminal:
    """A bash, and the screen that a user sees."""

    def __init__(self, folder: Path, uv_cache: str) -> None:
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.stream = pyte.Stream(self.screen)
        hidden = ("VIRTUAL_ENV", "PYTEST_", "COMPOSE_", "UV_PYTHON", "COPIER_")
        kept = {name: v for name, v in os.environ.items() if not name.startswith(hidden)}
        environment = kept | {
            "TERM": "xterm-256color",
            "PATH": f"{folder}/bin:/usr/local/bin:/usr/bin:/bin",
            "PS1": "$ ",
            # Packages that are downloaded already add no lines.
            "UV_CACHE_DIR": uv_cache,
            "PROMPT_COMMAND": f"echo >>{folder}/prompts",
            "HOME": str(folder),
            "COPIER_SETTINGS_PATH": f"{folder}/settings.yml",
            "GIT_CONFIG_COUNT": "3",
            "GIT_CONFIG_KEY_0": f"url.{folder}/template/.insteadOf",
            "GIT_CONFIG_VALUE_0": "https://github.com/OWNER/REPO.git",
            "GIT_CONFIG_KEY_1": "user.name",
            "GIT_CONFIG_VALUE_1": "User",
            "GIT_CONFIG_KEY_2": "user.email",
            "GIT_CONFIG_VALUE_2": "user@example.org",
        }
        self.child = pexpect.spawn(
            "bash",
            ["--norc", "--noprofile"],
            cwd=folder,
            env=environment,
            encoding="utf-8",
            dimensions=(ROWS, COLUMNS),
        )
        # Programs ask the terminal where its cursor is.
        self.screen.write_process_input = self.child.send
        # Each prompt of bash adds a line to this file.
        self.prompts = folder / "prompts"
        self.wait_until(lambda: self.prompts_so_far() > 0)

    def read(self, seconds: float) -> None:
        try:
            self.stream.feed(self.child.read_nonblocking(65536, timeout=seconds))
        except pexpect.TIMEOUT:
            pass

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display).strip("\n")

    def wait_until(self, is_so: Callable[[], bool], seconds: float = 400) -> None:
        """Read until something is so, and until nothing more has come for a moment."""
        end = time.monotonic() + seconds
        before = None
        while not is_so() or self.text() != before:
            if time.monotonic() > end:
                sys.exit(f"the terminal does not show what was expected, but:\n{self.text()}")
            before = self.text()
            self.read(0.3)

    def wait_for(self, text: str) -> None:
        self.wait_until(lambda: text in self.text())

    def prompts_so_far(self) -> int:
        return self.prompts.stat().st_size if self.prompts.exists() else 0

    def enter(self, command: str) -> None:
        """Type a command, and wait until it has ended."""
        before = self.prompts_so_far()
        self.child.sendline(command)
        self.wait_until(lambda: self.prompts_so_far() > before)

    def quietly(self, *commands: str) -> None:
        """Run what a picture does not show."""
        for command in commands:
            self.enter(command)
        self.clear()

    def clear(self) -> None:
        self.enter("clear")

    # --- What is on the screen ------------------------------------------------

    def lines(self) -> list[Text]:
        """Return the lines of the screen with their colours, without empty ones at the end."""
        rows = []
        for y in range(ROWS):
            cells = [self.screen.buffer[y][x] for x in range(COLUMNS)]
            line = Text()
            for look, group in itertools.groupby(cells, style):
                line.append("".join(cell.data for cell in group), look)
            line.rstrip()
            rows.append(line)
        while rows and not rows[-1].plain:
            rows.pop()
        return rows


def style(cell: pyte.screens.Char) -> Style:
    """Return the style of a cell; shades that a terminal mixes itself become the nearest name."""

    def colour(name: str) -> str | None:
        if name == "default":
            return None
        name = {"brown": "yellow"}.get(name, name).removeprefix("bright")
        if re.fullmatch("[0-9a-f]{6}", name):
            shades = {"5f819d": "blue", "ff9d00": "yellow", "673ab7": "magenta", "f44336": "red"}
            name = shades.get(name, "white")
        return name

    return Style(color=colour(cell.fg), bold=cell.bold)


# --- Drawing ------------------------------------------------------------------

FORMAT = "{styles}\x00{backgrounds}{matrix}\x00{width}\x00{height}"


def drawn(rows: list[Text], name: str) -> tuple[str, str, float]:
    """Return the styles, the letters and the height of some lines."""
    # A console of twice the width, because Rich would wrap emoji that a terminal draws narrow.
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    for row in rows:
        console.print(row, no_wrap=True, overflow="ignore", crop=False)
    parts = console.export_svg(theme=THEME, code_format=FORMAT, unique_id=name).split("\x00")
    styles, letters = parts[0], parts[1]
    letters = re.sub(r' clip-path="[^"]*"', "", letters)
    letters = re.sub(r"\s*\n\s*", "", letters)
    for colour, (red, green, blue) in MARKS.items():
        styles = styles.replace(f"#{red:02x}{green:02x}{blue:02x}", f"var(--{colour})")
    return re.sub(r"\s*\n\s*", "", styles), letters, len(rows) * 24.4 + 24


WIDTH = COLUMNS * 12.2 + 24


def still(rows: list[Text], name: str, title: str) -> str:
    styles, letters, height = drawn(rows, name)
    font = f"text{{font:20px {MONOSPACE}}}"
    body = f'<g transform="translate(12 12)">{letters}</g>'
    return document(WIDTH, height, title, style_sheet(font + styles), body)


def film(scenes: list[tuple[list[Text], str]], title: str, seconds: int = 6) -> str:
    """Return a picture that shows one scene after the other; the first one, without motion."""
    count = len(scenes)
    share = 100 / count
    rules = f"text{{font:20px {MONOSPACE}}}.scene{{visibility:hidden}}.first{{visibility:visible}}"
    rules += (
        "@media (prefers-reduced-motion: no-preference){"
        f"@keyframes show{{0%{{visibility:visible}}{share:g}%,to{{visibility:hidden}}}}"
        f".scene{{visibility:hidden;animation:show {count * seconds}s step-end infinite}}"
    )
    rules += "".join(f".scene{n}{{animation-delay:{n * seconds}s}}" for n in range(1, count))
    rules += "}"
    body, tallest = "", 0.0
    for number, (rows, name) in enumerate(scenes):
        styles, letters, height = drawn(rows, f"film-{name}")
        tallest = max(tallest, height)
        rules += styles
        classes = f"scene scene{number}{' first' if number == 0 else ''}"
        body += f'<g class="{classes}" transform="translate(12 12)">{letters}</g>'
    return document(WIDTH, tallest, title, style_sheet(rules), body)


# --- Sessions -----------------------------------------------------------------

TITLES = {
    "questions": "A terminal: Copier asks how the project should be isolated",
    "activation": "A terminal: the first activation installs the packages, and the tests pass",
    "compose": "A terminal: docker compose up starts the service, and curl gets an answer",
    "switch": "A terminal: copier update changes the isolation of the project",
}


def choices(question: str) -> list[str]:
    found = yaml.safe_load((ROOT / "copier.yml").read_text("utf-8"))[question]["choices"]
    return [str(value) for value in (found.values() if isinstance(found, dict) else found)]


def choose(terminal: Terminal, question: str, default: str, wanted: str) -> None:
    """Move from the default of a question to another answer."""
    offered = choices(question)
    steps = offered.index(wanted) - offered.index(default)
    terminal.child.send(("\x1b[B" if steps > 0 else "\x1b[A") * abs(steps))


def questions(terminal: Terminal) -> list[Text]:
    """Answer the questions, and return the screen on which the isolation is chosen."""
    asked = yaml.safe_load((ROOT / "copier.yml").read_text("utf-8"))

    def first_words(name: str) -> str:
        return str(asked[name]["help"]).splitlines()[0][:40]

    terminal.child.sendline(f"copier copy {ADDRESS} {PROJECT}")
    terminal.wait_for(first_words("project_name"))
    terminal.child.send("\x7f" * len("My Project") + "Tea Shop\r")
    for name in ("package_name", "project_description", "author_name", "author_email"):
        terminal.wait_for(first_words(name))
        terminal.child.send("\r")
    terminal.wait_for(first_words("isolation"))
    shown = terminal.lines()
    terminal.child.send("\r")
    terminal.wait_for(first_words("python_version"))
    choose(terminal, "python_version", "3.14", PYTHON)
    terminal.child.send("\r")
    terminal.wait_for(first_words("app"))
    choose(terminal, "app", "cli", "web")
    terminal.child.send("\r")

    # Every other question keeps its default.
    end = time.monotonic() + 60
    while "dev/do run" not in terminal.text():
        if time.monotonic() > end:
            sys.exit(f"the questions do not end:\n{terminal.text()}")
        terminal.child.send("\r")
        for _ in range(3):
            terminal.read(0.2)
    terminal.quietly(
        f"cd {PROJECT}", "git init -q", "git add -A", "git commit -qm 'Start from the template'"
    )
    return shown


def activation(terminal: Terminal) -> list[Text]:
    terminal.enter(". dev/activate")
    terminal.enter("dev/do test -q")
    shown = terminal.lines()
    terminal.clear()
    return shown


def compose(terminal: Terminal) -> list[Text]:
    terminal.enter("docker compose up --wait")
    port = re.search(
        r"APP_PORT:-(\d+)", (Path(terminal.child.cwd) / PROJECT / "compose.base.yaml").read_text()
    )
    assert port
    terminal.enter(f"curl localhost:{port[1]}")
    shown = terminal.lines()
    terminal.clear()
    terminal.quietly("docker compose down --volumes --rmi local")
    return shown


def switch(terminal: Terminal) -> list[Text]:
    terminal.enter("copier update --defaults --data isolation=venv")
    terminal.enter("git status --short")
    shown = terminal.lines()
    terminal.clear()
    return shown


SESSIONS = {"questions": questions, "activation": activation, "compose": compose, "switch": switch}


def sessions() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch).resolve()
        template = folder / "template"
        subprocess.run(["git", "clone", "-q", ROOT, template], check=True)
        subprocess.run(["git", "-C", template, "tag", "v999.0.0"], check=True)
        (folder / "settings.yml").write_text("defaults: {}\n")
        (folder / "bin").mkdir()
        for program in ("copier", "uv"):
            found = shutil.which(program, path=f"{BIN}:{os.environ['PATH']}")
            (folder / "bin" / program).symlink_to(found or sys.exit(f"{program} is missing"))
        cache = subprocess.check_output([folder / "bin/uv", "cache", "dir"], text=True)
        terminal = Terminal(folder, cache.strip())
        scenes = [(play(terminal), name) for name, play in SESSIONS.items()]
        terminal.child.close(force=True)

    for rows, name in scenes:
        write(f"{name}.svg", still(rows, name, TITLES[name]))
    title = "A film of a terminal: the questions, the first activation, Docker, and a switch"
    write("session.svg", film([(rows[-ROWS_OF_FILM:], name) for rows, name in scenes], title))


# --- What runs where ----------------------------------------------------------

LABELS = {
    "en": {
        "title": "What runs where: with a virtual environment, with Docker, and with both",
        "machine": "your machine",
        "container": "container",
        "services": "container: services",
        "program": "program, tests",
        "write": "write, run, debug",
        "ship": "test, ship",
        "packages": "packages",
        "own": "Python, operating system,",
        "own_too": "files, processes, network",
        "services_too": "PostgreSQL, Redis",
        "shared": "Python, operating system, files, processes, network, user",
        "kernel": "Docker Engine, kernel",
        "both": "Python, Docker Engine, kernel",
        "lock": "one lock",
    },
    "ja": {
        "title": "何がどこで動くか:仮想環境、Docker、その両方",
        "machine": "手元のマシン",
        "container": "コンテナ",
        "services": "コンテナ:サービス",
        "program": "プログラム、テスト",
        "write": "作成・実行・デバッグ",
        "ship": "テスト・デプロイ",
        "packages": "パッケージ",
        "own": "Python、OS、ファイル、",
        "own_too": "プロセス、ネットワーク",
        "services_too": "PostgreSQL、Redis",
        "shared": "Python、OS、ファイル、プロセス、ネットワーク、ユーザー",
        "kernel": "Docker Engine、カーネル",
        "both": "Python、Docker Engine、カーネル",
        "lock": "同じロック",
    },
}


def isolation(language: str) -> str:
    """Draw each isolation: what is inside a frame is the project's own, the rest is shared."""
    label = LABELS[language]
    parts: list[str] = []

    def text(x: float, y: float, words: str, kind: str = "") -> None:
        parts.append(f'<text x="{x:g}" y="{y:g}" class="{kind}">{html.escape(words)}</text>')

    def frame(x: float, y: float, width: float, height: float, kind: str) -> None:
        parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="6" class="{kind}"/>'
        )

    def box(x: float, y: float, width: float, kind: str, heading: str, *lines: str) -> None:
        frame(x, y, width, 30 + 22 * len(lines), kind)
        text(x + 10, y + 21, heading, f"strong {kind}-name")
        for number, line in enumerate(lines):
            text(x + 10, y + 43 + 22 * number, line)

    def machine(y: float, height: float, name: str, shared: str) -> None:
        text(16, y + 20, f"isolation={name}", "strong mono")
        frame(12, y + 32, 496, height, "machine")
        text(22, y + 54, label["machine"], "quiet")
        text(22, y + 22 + height, shared, "quiet")

    machine(4, 150, "venv", label["shared"])
    box(24, 66, 220, "venv", ".venv", label["program"], label["packages"])

    machine(204, 196, "docker", label["kernel"])
    container = (label["packages"], label["own"], label["own_too"])
    box(24, 266, 256, "docker", label["container"], label["program"], *container)
    box(296, 266, 200, "docker", label["services"], label["services_too"])

    machine(450, 196, "both", label["both"])
    box(24, 512, 212, "venv", ".venv", label["write"], label["packages"])
    box(252, 512, 244, "docker", label["container"], label["ship"], *container)
    text(72, 606, f"{label['lock']} ⇄", "strong")

    rules = (
        f"text{{font:16px {SANS};fill:var(--foreground)}}.strong{{font-weight:600}}"
        f".mono{{font-family:{MONOSPACE}}}text.quiet{{fill:var(--white)}}"
        "rect{fill:none;stroke-width:2}.machine{stroke:var(--white);stroke-dasharray:6 4}"
        ".venv{stroke:var(--green)}.docker{stroke:var(--blue)}"
        "text.venv-name{fill:var(--green)}text.docker-name{fill:var(--blue)}"
        "rect.page{fill:var(--background)}"
    )
    return document(520, 690, label["title"], style_sheet(rules), "".join(parts))


def write(name: str, content: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / name).write_text(content, encoding="utf-8")
    print(f"docs/pictures/{name}: {len(content.encode()) / 1000:.1f} kB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--drawing", action="store_true", help="only what needs no engine")
    given = parser.parse_args()
    for language, ending in (("en", ""), ("ja", ".ja")):
        write(f"isolation{ending}.svg", isolation(language))
    if not given.drawing:
        sessions()


if __name__ == "__main__":
    main()
