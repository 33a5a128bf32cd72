"""Answers that are odd, wrong or meant to do harm, for test_hostile.py."""

from __future__ import annotations

import datetime
import itertools
from typing import Any

from hypothesis import strategies as st

# Right answers to each question for free text. Hypothesis spoils them.
RIGHT = {
    "project_name": ["My Project", "a", "Data-Tools_2.0", "x" * 64],
    "package_name": ["my_project", "Shop2", "x" * 64],
    "project_description": ["A Python project.", "Größe, 日本語 🐍", "x" * 512],
    "author_name": ["Jane Doe", 'Zoë "Z" O\'Neill', ""],
    "author_email": ["jane@example.org", "j.d+x@mail.ex-ample.co.uk", ""],
    "command": ["python -m shop", "gunicorn shop.wsgi:app --bind=0.0.0.0:8000"],
    "code": ["src", "manage.py shop/x.py", "_a/b-c/d.e"],
    "port": ["8000", "1024", "65535", ""],
    "writes": ["media", "instance var/log", "_a/b-c/d.e", ""],
    "test_command": ["pytest", "python manage.py test --verbosity=2"],
    "registry": ["mirror.example.com/hub", "localhost:5000/a/b__c", "[2001:db8::1]:5000/x", ""],
    "package_index": ["https://pypi.example.com/simple/", "https://10.0.0.1:8443/a.b/~c", ""],
}

# What has done harm before: to a shell, YAML, TOML, JSON, a Dockerfile, Jinja, a file system.
NASTY = [
    *"\"'\\`$#:;|&<>()[]{}*?!%@=,~^+-_./ 0Aa",
    *"\t\n\r\0\x07\x1b\x7f\x85\xa0\xad\u200b\u200d\u2028\u2029\u202e\u2066\ufeff\ufffe\uffff",
    *"éß日１İıſ\u0301\N{SNAKE}\U0010ffff\ud800\udcff",
    *("\r\n", "{{", "}}", "{{ 7 * 7 }}", "{%", "%}", "{% raw %}", "{#", "#}"),
    *("$HOME", "${HOME}", "$(id)", "`id`", "$$", "&&", "||", "; id #", "| id", "> x", "%PATH%"),
    *("..", "../..", "//", "--", "---", "...", "null", "true", "yes", "3.10", "1e3", "0x1F"),
    *('"""', "'''", '\\"', "\\'", "\\n", "\\u0041", "\\x00", "&a", "*a", "!!str", "? ", ": ", " #"),
    *("<<EOF", "\nEOF\n", "[[x]]", "<b>", "&amp;", "](x)", "con", "Con.txt", "con ", "nul", "lpt1"),
    *("a..b", ".a", "a.", "-a", "a-", "a--b", "a___b", "@@", "https://", "me:word@"),
]

# What a data file or a settings file can hold and is no text.
NO_TEXT = [
    *(None, True, False, 0, 8123, -1, 3.10, float("nan"), 10**30, b"bytes", b"\xff"),
    *([], ["x"], [None], [[]], {}, {"a": "b"}),
    *(datetime.date(2026, 11, 30), datetime.datetime(2026, 11, 30, 12)),
]

# These are tried each time. None of them may ever be taken.
REFUSED: dict[str, list[Any]] = {
    "project_name": [
        *("", " a", "a ", "a\n", "\na", "-a", "a.", "a/b", "a\\b", "a\u0301", "１", "\udcff"),
        *("con", "CON", "Nul.txt", "COM1", "lpt9.x.y", "prn .x", "x" * 65, "{{ 7 }}"),
    ],
    "package_name": [
        *("", "_a", "1a", "a b", "a.b", "a-b", "a\n", "é", "\udcff", "x" * 65),
        *("class", "None", "os", "JSON", "tests", "test_x", "Test_X"),
        *("con", "CON", "nul", "Com1", "lpt9"),
    ],
    "project_description": [
        *(
            "",
            " ",
            " a",
            "a ",
            "\u2003a",
            "a\xa0",
            "a\nb",
            "a\rb",
            "a\u2028b",
            "a\u2029b",
            "a\x85b",
        ),
        *("a\0b", "\x1b[31m", "a\tb", "a\x7f", "caf\udce9", "\ud800", "x" * 513),
    ],
    "author_name": [
        *(" ", " a", "a, b", "a\nb", "a\0b", "a\x7fb", "a\u2028b", "caf\udce9", "x" * 129),
    ],
    "author_email": [
        *(
            "a",
            "a@b",
            "@b.c",
            "a@",
            "a@.c",
            "a@b.",
            "a@b..c",
            "a@-b.c",
            "a@b-.c",
            "a@b.c-",
            "a@b_c.d",
        ),
        *("a..b@c.d", ".a@c.d", "a.@c.d", "a@b@c.d", "a b@c.d", "Jane <a@b.c>", '"a b"@c.d'),
        *(
            "a@[10.0.0.1]",
            "é@b.c",
            "a@é.c",
            "a@b.c\n",
            "a@b.c,d@e.f",
            "\udcff@b.c",
            f"{'x' * 251}@b.c",
        ),
    ],
    "command": [
        *(
            "",
            " ",
            " a",
            "a ",
            "a  b",
            "a\n",
            "a\tb",
            "a=b c",
            "-a",
            "a;b",
            "a $(b)",
            "a 'b'",
            "a ~",
        ),
        *("a #b", "a *", "a\\b", "a é", "a\udcff", "a" * 1001),
    ],
    "code": [
        *(
            "",
            " ",
            ".",
            "..",
            "a/..",
            "a/../b",
            "a//b",
            "/a",
            "a/",
            "~",
            "a ",
            "a  b",
            "-a",
            "a/.git",
            ".env.production",
            "..a",
        ),
        *("a\n", "a*", "a,b", "a\\b", "é", "a\udcff", "a" * 1001),
    ],
    "port": [
        *(
            "[",
            "{",
            "&a",
            "abc",
            "０８０００",
            "１０２４",
            "8000 ",
            " 8000",
            "8_000",
            "8,000",
            "8000\n",
        ),
        *("08000", "+8000", "-8000", "8000.0", "0x1F90", "1e4", "80", "1023", "65536", "9" * 5000),
        *(True, 8000.0, 80, 65536, -8000, float("nan"), "\udcff"),
    ],
    "registry": [
        *("https://a.b", "hub", "hub/x", "a_b.c", "-a.b", "--x.y", "a-.b", ".a.b", "a.b.", "a..b"),
        *(
            "a.b/",
            "a.b//c",
            "a.b/C",
            "a.b/-c",
            "a.b/c-",
            "a.b/.c",
            "a.b/c..d",
            "a.b/c._d",
            "a.b/c___d",
        ),
        *(
            "a.b:",
            "a.b:x",
            "a.b:123456",
            "a.b:1:2",
            "::1",
            "[::1",
            "[::g]",
            "[::1]x",
            "a.b c",
            "a.b\n",
        ),
        *("me:word@a.b", "a.b/c@sha256", "é.b", "a.b\udcff", "a.b/" + "x" * 200),
    ],
    "package_index": [
        *(
            "a.b",
            "http://a.b",
            "HTTPS://a.b",
            "file:///a",
            "https://",
            "https:///a",
            "https://-a.b",
        ),
        *(
            "https://a-.b",
            "https://a..b",
            "https://.a",
            "https://a_b",
            "https://[::1]",
            "https://a:b",
        ),
        *(
            "https://a:123456",
            "https://a/ b",
            "https://a//b",
            "https://a?b",
            "https://a#b",
            "https://a\n",
        ),
        *(
            "https://me:word@a.b",
            "https://$HOST",
            "https://é",
            "https://a/\udcff",
            f"https://a/{'x' * 200}",
        ),
    ],
    "isolation": ["", "Venv", "venv ", "[venv]", "\udcff", 3, True],
    "python_version": ["3.10", "3.1", "3", 3.10, "3.14 ", "３.14"],
    "company_network": ["", "flase", "null", "2", 2, [], None, {"a": 1}],
    "services": ["[mysql]", "[postgres, mysql]", "[[postgres]]", ["x"], [True]],
    "update_bot": ["schedule", "Renovate"],
}

# These are taken, each as it is.
TAKEN: dict[str, list[Any]] = {
    "project_name": [
        *("a", "2048", "true", "null", "1e5", "0x1f", "A  B", "a.-_b", "x" * 64),
        *("Con Air", "con-air", "Com10", "x.con", "Nullable"),
    ],
    "package_name": ["null", "yes", "on", "y", "N", "match", "print", "console", "aux_", "com10"],
    "project_description": [
        *("\"Double\" and 'single' quotes", "back\\slash, \\n \\u0041 \\", '"', "'", '"""', "'''"),
        *("dollar $HOME ${HOME} $(id) `id` $$", "# hash: colon - dash [x] {y} # z", "%", "%PATH%"),
        *(
            "{{ jinja }} {% x %} {# y #}",
            "{{",
            "%}",
            "{% raw %}",
            "- item",
            "? a",
            "~",
            "null",
            "yes",
        ),
        *("3.10", "1e3", "@at !bang &amp; <b>tag</b> *a | pipe", "---", "...", "<<EOF", "=", "a\\"),
        *("Größe, 日本語, emoji 🐍, عربى", "e\u0301", "\u202eabc", "\ufeffabc", "\ufffe\uffff"),
        *("\U0010ffff", "a\xadb", "a\u200bb", "x" * 512),
    ],
    "author_name": [
        *(
            "",
            'Zoë "Z" \\ Doe',
            "O'Neill",
            "$USER",
            "{{ x }}",
            "<a@b.c>",
            "#",
            "null",
            "日本",
            "a" * 128,
        ),
    ],
    "author_email": [
        *("", "a@b.c", "a.b+c_d-e@f-g.h.i", "1@2.3", "-@b.c", "a@xn--e1afmkfd.xn--p1ai"),
    ],
    "command": ["a", "./a%b@c+d,e --x=y", "python -m null", ". .", "a -", "a" * 1000],
    "code": [
        "src",
        "a.b c_d/e-f",
        ".streamlit src/.x",
        "null true",
        "1 2",
        "_",
        "a..b",
        "a" * 1000,
    ],
    "port": ["", "1024", "65535", 8123],
    "registry": [
        *("", "a.b", "a.b:5000", "localhost", "localhost:5000/x", "hub:80", "10.0.0.1/x", "A.b/c"),
        *("a.b/c.d/e_f/g__h/i---j", "xn--a.b/c", "[2001:db8::1]", "[::1]:5000/hub"),
    ],
    "package_index": [
        "",
        "https://a",
        "https://a.b:8443/c/",
        "https://a/b.c_d~e+f-g",
        "https://10.0.0.1",
    ],
    "company_network": ["true", "yes", "off", True, False],
    "services": ["[]", "[redis]", '["postgres"]', ["redis", "postgres"]],
}

# The same is accepted, except that a program may write nowhere.
REFUSED["test_command"] = REFUSED["command"]
REFUSED["writes"] = [*(answer for answer in REFUSED["code"] if answer), "src", "a/b a-b"]
TAKEN["test_command"] = TAKEN["command"]
TAKEN["writes"] = ["", "media", "a.b c_d/e-g", "null true", "1 2", "_", "a..c", "b" * 1000]

KEPT = {question: [*REFUSED[question], *TAKEN.get(question, [])] for question in REFUSED}


def hostile_text(question: str) -> st.SearchStrategy[str]:
    """Return texts that are nearly right, and texts that are far from it."""
    right = st.sampled_from([*RIGHT[question], *map(str, TAKEN[question])])
    fragments = st.lists(st.sampled_from(NASTY), min_size=1, max_size=4).map("".join)
    usual = st.text(sorted(set("".join(RIGHT[question]))), min_size=1, max_size=20)
    return st.one_of(
        right,
        st.builds(spoil, right, fragments, st.sampled_from([0.0, 0.5, 1.0])),
        fragments,
        usual,
        usual.map(lambda text: text * 60),
        st.text(st.characters(exclude_categories=()), max_size=30),
    )


def spoil(text: str, fragment: str, place: float) -> str:
    index = int(len(text) * place)
    return text[:index] + fragment + text[index:]


def hostile_answers(ways: list[str]) -> st.SearchStrategy[tuple[str, str, Any]]:
    """Return ways in, questions and answers; only text is typed at the prompt."""
    cases = []
    for way, question in itertools.product(ways, RIGHT):
        answers = hostile_text(question) | st.sampled_from(KEPT[question])
        answers = answers.map(str) if way == "prompt" else answers | st.sampled_from(NO_TEXT)
        cases.append(st.tuples(st.just(way), st.just(question), answers))
    return st.one_of(cases)
