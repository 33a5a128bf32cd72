"""Draw the figures of the comparison as SVG, in both languages, for light and dark pages."""

from __future__ import annotations

import io
import logging
import re
import sys
import warnings
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]

from pictures import SANS, style_sheet
from support.figures import shown

# Matplotlib draws with these, which are replaced by names of the colours of all pictures.
MARKS = {"#010101": "foreground", "#020202": "green", "#030303": "blue"}
TEXT, VENV, DOCKER = MARKS

PLOTS = {
    "time": ("set_up", "start", "tests", "rebuild", "branch"),
    "space": ("disk", "memory"),
}
WORDS = {
    "en": {
        "time": "Seconds that each step takes; shorter is better",
        "space": "Megabytes, without the base image; less is better",
        "set_up": "set up",
        "start": "start the service",
        "tests": "tests after a change",
        "rebuild": "rebuild production",
        "branch": "other branch",
        "disk": "disk",
        "memory": "memory",
        "docker": "container",
    },
    "ja": {
        "time": "それぞれにかかる秒数(短いほどよい)",
        "space": "ベースイメージを除くメガバイト(小さいほどよい)",
        "set_up": "準備",
        "start": "サービスの起動",
        "tests": "変更後のテスト",
        "rebuild": "本番用の再構築",
        "branch": "別のブランチ",
        "disk": "ディスク",
        "memory": "メモリー",
        "docker": "コンテナ",
    },
}


def plot(kind: str, data: dict[str, Any], language: str) -> str:
    """Return a chart with two bars for each figure, and the figures beside them."""
    words, names = WORDS[language], PLOTS[kind]
    figure, axes = plt.subplots(figsize=(5.2, 0.6 * len(names) + 1.1))
    alternatives = []
    for side, offset, colour in (("venv", -0.19, VENV), ("docker", 0.19, DOCKER)):
        values = [data["costs"][side][name] for name in names]
        label = "venv" if side == "venv" else words["docker"]
        positions = [number + offset for number in range(len(names))]
        lengths = [value or 0 for value in values]
        bars = axes.barh(positions, lengths, 0.36, color=colour, label=label)
        texts = [shown(name, value) for name, value in zip(names, values, strict=True)]
        axes.bar_label(bars, texts, padding=4, color=TEXT)
        alternatives += [f"{label}, {words[n]}: {t}" for n, t in zip(names, texts, strict=True)]

    axes.set_yticks(range(len(names)), [words[name] for name in names])
    axes.invert_yaxis()
    axes.margins(x=0.16)
    axes.xaxis.set_visible(False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, colors=TEXT, labelcolor=TEXT)
    figure.legend(
        frameon=False, labelcolor=TEXT, ncols=2, loc="upper center", bbox_to_anchor=(0.5, 0.95)
    )
    figure.suptitle(words[kind], color=TEXT, fontsize=11, y=0.99)
    figure.subplots_adjust(
        left=0.34, right=0.98, bottom=0.03, top=1 - 0.62 / figure.get_figheight()
    )

    drawing = io.StringIO()
    figure.savefig(drawing, format="svg", transparent=True, metadata={"Date": None})
    plt.close(figure)
    return finished(drawing.getvalue(), f"{words[kind]}. {'; '.join(alternatives)}")


def finished(svg: str, alternative: str) -> str:
    """Give a chart the colours of the reader, letters of the page, and a text alternative."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    for mark, name in MARKS.items():
        svg = svg.replace(mark, f"var(--{name})")
    svg = re.sub(r"font: (\d+)px [^;\"]*", rf"font: \1px {SANS}", svg)
    beginning = f"<title>{alternative}</title><style>{style_sheet()}</style>"
    page = '<rect class="page" width="100%" height="100%" rx="6"/>'
    return re.sub(r"(<svg[^>]*)>", rf'\1 role="img">{beginning}{page}', svg, count=1)


def write_plots(data: dict[str, Any], folder: Path) -> None:
    # The letters are the reader's, so that none of this machine is needed.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", "Glyph .* missing")
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "figures", "font.size": 11})
    for language, ending in (("en", ""), ("ja", ".ja")):
        for kind in PLOTS:
            path = folder / f"{kind}{ending}.svg"
            path.write_text(plot(kind, data, language), encoding="utf-8")
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.1f} kB")
