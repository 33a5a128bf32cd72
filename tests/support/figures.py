"""The measured figures of the comparison, as tables in the pages of both languages.

`tests/benchmarks/run.py choose` measures them. A page says where a table belongs:

    <!-- figures: costs -->
    <!-- /figures -->
"""

from __future__ import annotations

import json
import re
from typing import Any

from .commands import ROOT

DATA = ROOT / "docs/figures/choose.json"
PAGES = {
    ROOT / "README.md": "en",
    ROOT / "docs/choose.md": "en",
    ROOT / "README.ja.md": "ja",
    ROOT / "docs/choose.ja.md": "ja",
}

Row = list[str]

# --- Words --------------------------------------------------------------------

# What the program reports, in the order of the table.
SEES = {
    "system": ("operating system", "OS"),
    "python": ("Python", "Python"),
    "packages": ("Python packages", "Python パッケージの数"),
    "processes": ("processes that it sees", "見えるプロセスの数"),
    "file": ("a file in your home folder", "ホームフォルダーのファイル"),
    "writes": ("the folder of the project", "プロジェクトのフォルダー"),
    "server": ("a server on your `localhost`", "手元の `localhost` のサーバー"),
    "user": ("user id", "ユーザー ID"),
    "cores": ("cores that it may use", "使えるコア数"),
    "memory": ("memory limit", "メモリーの上限"),
    "kernel": ("kernel", "カーネル"),
}
# What yes and no mean in a row.
ANSWERS = {
    "file": (("seen", "not seen"), ("見える", "見えない")),
    "writes": (("can write", "read-only"), ("書ける", "読むだけ")),
    "server": (("reached", "not reached"), ("つながる", "つながらない")),
}

# The rows of the costs: a time, or a size.
COSTS = {
    "set_up": ("set up, packages downloaded before", "準備(パッケージは取得済み)"),
    "set_up_pip": ("the same without uv, with pip", "同じく、uv なし(pip)"),
    "again": ("set up again, nothing changed", "もう一度(変更なし)"),
    "command": ("one command that imports FastAPI", "FastAPI を読み込むコマンド1回"),
    "start": ("service answers its first request", "サービスが最初に応答するまで"),
    "tests": ("run the tests after a change", "変更後のテスト"),
    "rebuild": ("production is ready after a change", "変更後に本番用ができるまで"),
    "branch": ("a branch with other packages, first time", "パッケージの違うブランチへ(初回)"),
    "branch_back": ("back to the first branch", "元のブランチへ戻る"),
    "request": ("one small request", "小さなリクエスト1回"),
    "switch": ("`copier update` to this isolation", "この分離への `copier update`"),
    "disk": ("disk, development", "ディスク(開発用)"),
    "disk_second": ("disk, a second project, same packages", "ディスク(同じパッケージの2つ目)"),
    "disk_production": ("disk, production", "ディスク(本番用)"),
    "memory": ("memory of the service", "サービスのメモリー"),
    "engine": ("memory of the engine", "エンジンのメモリー"),
}
SIZES = {"disk", "disk_second", "disk_production", "memory", "engine"}

HEADINGS = {
    "sees": (
        ["a program sees", "on the machine", "in `.venv`", "in a container"],
        ["プログラムから見て", "マシンの上", "`.venv` の中", "コンテナの中"],
    ),
    "costs": (["", "`.venv`", "container"], ["", "`.venv`", "コンテナ"]),
    "short": (
        ["`isolation`", "keeps apart", "ready in", "disk", "tests"],
        ["`isolation`", "分けるもの", "準備", "ディスク", "テスト"],
    ),
}
KEPT_APART = {
    "venv": ("Python packages", "Python パッケージ"),
    "docker": (
        "operating system, files, processes, network too",
        "OS・ファイル・プロセス・ネットワークも",
    ),
    "both": ("as `docker`, for tests and production", "テストと本番は `docker` と同じ"),
}


# --- Numbers ------------------------------------------------------------------


def seconds(value: float | None) -> str:
    """Return a time with two digits that count."""
    if value is None:
        return "–"
    if value < 0.1:
        return f"{value * 1000:.1f} ms" if value else "0 s"
    if value < 1:
        return f"{value:.2f} s"
    return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"


def megabytes(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value / 1e6:.1f} MB" if value < 10e6 else f"{value / 1e6:.0f} MB"


def shown(name: str, value: float | None) -> str:
    return megabytes(value) if name in SIZES else seconds(value)


# --- Tables -------------------------------------------------------------------


def table(heading: Row, rows: list[Row]) -> str:
    lines = [f"| {' | '.join(cells)} |".replace("|  |", "| |") for cells in (heading, *rows)]
    return "\n".join([lines[0], "|---" * len(heading) + "|", *lines[1:]])


def seen(name: str, value: Any, here: Any, number: int) -> str:
    """Return what was seen in words; `here` is what the machine shows."""
    if name in ANSWERS:
        yes, no = ANSWERS[name][number]
        return yes if value else no
    if name == "memory":
        return f"{value / 2**20:.0f} MiB" if value else ("none", "なし")[number]
    if name == "cores":
        return f"{value:g}"
    if name == "user" and value == here:
        return ("yours", "自分")[number]
    return re.sub(r" \(.*?\)", "", str(value))


def sees(data: dict[str, Any], number: int) -> list[Row]:
    columns = [data["sees"][side] for side in ("machine", "venv", "docker")]
    return [
        [words[number], *(seen(name, column[name], columns[0][name], number) for column in columns)]
        for name, words in SEES.items()
    ]


def costs(data: dict[str, Any], number: int) -> list[Row]:
    venv, docker = (data["costs"][side] for side in ("venv", "docker"))
    return [
        [words[number], shown(name, venv[name]), shown(name, docker[name])]
        for name, words in COSTS.items()
    ]


def short(data: dict[str, Any], number: int) -> list[Row]:
    sides = {side: data["costs"][side] for side in ("venv", "docker")}
    sides["both"] = {
        name: sides["venv"][name] + sides["docker"][name] for name in ("set_up", "disk")
    }
    sides["both"]["tests"] = sides["venv"]["tests"]
    return [
        [f"`{side}`", KEPT_APART[side][number]]
        + [shown(name, figures[name]) for name in ("set_up", "disk", "tests")]
        for side, figures in sides.items()
    ]


def machine(data: dict[str, Any], language: str) -> str:
    found = data["machine"]
    memory = f"{found['memory'] / 1e9:.0f} GB"
    python = data["sees"]["venv"]["python"].rpartition(".")[0]
    is_busy = found["load"] > found["cores"] / 2
    if language == "ja":
        busy = f"\nほかの処理が動く中で測定(負荷 {found['load']})。" if is_busy else ""
        return (
            f"測定日 {found['date']}。{found['processor']}、{found['cores']} コア、"
            f"メモリー {memory}、\n{found['system']}、Linux {found['kernel']}。"
            f"Docker Engine {found['docker']}、Compose {found['compose']}、\n"
            f"uv {found['uv']}、Copier {found['copier']}、Python {python}。{busy}"
        )
    busy = (
        f"\nOther programs were running meanwhile, at a load of {found['load']}." if is_busy else ""
    )
    return (
        f"Measured on {found['date']}: {found['processor']}, {found['cores']} cores, {memory} of memory,\n"
        f"{found['system']}, Linux {found['kernel']}, Docker Engine {found['docker']}, "
        f"Compose {found['compose']},\nuv {found['uv']}, Copier {found['copier']}, Python {python}.{busy}"
    )


def made(name: str, data: dict[str, Any], language: str) -> str:
    """Return the text that belongs to a name."""
    number = ("en", "ja").index(language)
    if name == "machine":
        return machine(data, language)
    rows = {"sees": sees, "costs": costs, "short": short}[name](data, number)
    return table(HEADINGS[name][number], rows)


PLACE = re.compile(r"(<!-- figures: (\w+) -->\n).*?(<!-- /figures -->)", re.DOTALL)


def filled(text: str, data: dict[str, Any], language: str) -> str:
    """Return a page with the figures where they belong."""

    def replace(match: re.Match[str]) -> str:
        return f"{match[1]}\n{made(match[2], data, language)}\n\n{match[3]}"

    return PLACE.sub(replace, text)


def read() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DATA.read_text("utf-8"))
    return found
