"""The link of a project to the documentation of its template."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
import pytest
from jinja2_ansible_filters import AnsibleCoreFiltersExtension
from support.answers import QUESTIONS
from support.commands import ROOT
from support.projects import Bakery

NAME = "the folder docs of the template"
PAGES = f"[{NAME}](https://github.com/owner/name/tree/HEAD/docs)"


def documentation(source: str) -> str:
    """Return the computed value for a template at this address, as Copier renders it."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROOT),
        extensions=[AnsibleCoreFiltersExtension],
        undefined=jinja2.StrictUndefined,
    )
    default = environment.from_string(QUESTIONS["documentation"]["default"])
    return default.render(_copier_answers={"_src_path": source})


@pytest.mark.parametrize(
    "source",
    [
        "gh:owner/name",
        "gh:owner/name.git",
        "https://github.com/owner/name",
        "https://github.com/owner/name/",
        "https://github.com/owner/name.git",
        "git+https://github.com/owner/name.git",
        "http://github.com/owner/name.git",
        "git@github.com:owner/name.git",
        "git+git@github.com:owner/name.git",
        "git+ssh://git@github.com/owner/name.git",
        "ssh://git@github.com:22/owner/name.git",
        "git://github.com/owner/name.git",
    ],
)
def test_each_form_of_address_leads_to_the_pages(source: str) -> None:
    assert documentation(source) == PAGES


@pytest.mark.parametrize(
    ("source", "pages"),
    [
        ("gl:group/sub/name", "https://gitlab.com/group/sub/name/-/tree/HEAD/docs"),
        ("git@gitlab.example.com:a/b.git", "https://gitlab.example.com/a/b/-/tree/HEAD/docs"),
        ("https://git.example.com:8443/a/b.git", "https://git.example.com:8443/a/b"),
        ("ssh://git@git.example.com:2222/a/b.git", "https://git.example.com/a/b"),
    ],
)
def test_other_hosts_have_other_addresses(source: str, pages: str) -> None:
    assert documentation(source) == f"[{NAME}]({pages})"


@pytest.mark.parametrize(
    "source",
    [
        "https://me:SECRET@github.com/owner/name.git",
        "https://SECRET@github.com/owner/name",
        "https://me:SECRET@SECRET@github.com/owner/name.git",
        "https://me:SECRET/SECRET@github.com/owner/name.git",
        "git+https://oauth2:SECRET@github.com/owner/name.git",
        "ssh://git:SECRET@github.com/owner/name.git",
        "https://github.com/owner/name.git?token=SECRET",
        "https://github.com/owner/name#SECRET",
    ],
)
def test_no_user_and_no_password_gets_into_the_link(source: str) -> None:
    assert documentation(source) == PAGES


@pytest.mark.parametrize(
    "source",
    [
        "/home/me/template",
        "../template",
        "~/template",
        "C:\\Users\\me\\template",
        "C:/Users/me/template",
        "file:///home/me/template",
        "template.bundle",
        "https://github.com/owner/name) [x](http://elsewhere",
        "https://[::1]/owner/name",
    ],
)
def test_what_no_browser_can_open_is_no_link(source: str) -> None:
    assert documentation(source) == NAME


def test_the_link_is_in_the_guide_once(bake: Bakery, template: Path) -> None:
    guide = (ROOT / "template/DEVELOPMENT.md.jinja").read_text("utf-8")
    assert len(re.findall(r"\{\{ documentation \}\}", guide)) == 1

    # A template in a folder is named, and nobody's path gets into a project.
    project = bake()
    assert NAME in project.read("DEVELOPMENT.md")
    assert str(template) not in project.read("DEVELOPMENT.md")
    assert "documentation" not in project.read(".copier-answers.yml")
