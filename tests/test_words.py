"""The words of all texts that users meet: plain, short, and with a subject.

`tools/texts.py` prints these texts, to be read in one go.
"""

from __future__ import annotations

import re

import pytest
from support.projects import Bakery
from support.texts import PROJECTS, Text, of_project, of_repository

# What must not be written, and what to write instead. Code in backquotes is not looked at.
WORDS = {
    r"shall\b": "should",
    r"stands? (in|at|below|beside|between|before|there)\b": "is in",
    r"(hold|holds|held)\b": "contain",
    r"tells? (of|whether|which|how|what|who)\b": "report, show",
    r"anew\b": "recreate",
    r"(one|name|package|job) a line\b": "one per line",
    r"but for\b": "except",
    r", say\b(?=[,.:;)]|$)": "for example",
    r"(venv|container|other|each) half\b": "variant",
    r"(production|development) shape\b": "production configuration",
    r"whoever\b": "users who",
    r"who may\b": "users who",
    r"takes? (it|them|that|another|as|for)\b": "use, accept",
    r"(?<!you )wants (?!to\b)": "require",
    r"(is|are|be|was|were) there(?! (a|an|any|no|is|are|not)\b)": "exist, be installed",
    r"(it|that|which|one|answer|file) goes\b(?! (to|into)\b)": "is removed",
    r"goes past\b": "bypass",
    r"belongs? into\b": "belong in",
    r"version by version|hash by hash": "with the same versions and hashes",
    r"passes (it|them) by\b": "ignore",
    r"of the day\b": "newest",
    r"mend(s|ed)?\b": "correct",
    r"unsolved\b|solve (the )?conflicts": "unresolved, resolve",
    r"(?<!there )(is|are) no (text|link|image|file|lock|secret|mapping|YAML|package)\b": "is not a",
    r"to be had\b": "available",
    r"at its ends?\b": "at the end",
    r"(makes?|made) it (for|with)\b": "create",
    r"\bkin\b": "variants",
    r"by itself alone\b": "alone",
    r"in the ways? it\b": "as",
    r"does not know\b(?= (the|its|each) (start_interval|index))": "does not support",
}

LONGEST_SENTENCE = 30

# How a comment without a subject begins. A command, such as "Leave the environment", has one.
NO_SUBJECT = re.compile(
    r"What|Whether|Where it|Who |That |Yours\b|Only (for|to|when|if|orders|this)\b|Has |Have |Is |Are |Was |Not |Also "
    r"|(Looks|Makes|Takes|Tells|Keeps|Runs|Needs|Gets|Gives|Puts|Brings|Ends|Fails|Finds|Starts)\b"
    r"|(Sets|Reads|Writes|Holds|Goes|Stays|Counts|Connects|Changes|Compares|Checks|Uses|Says)\b"
    r"|(Made|Taken|Built|Asked|Called|Read by|Run by|Set by|Compiled|Measured|Seen|Kept|Written)\b"
)


@pytest.fixture(scope="module")
def texts(bake: Bakery) -> list[Text]:
    found = [*of_repository()]
    for answers in PROJECTS:
        found += of_project(bake(**answers).path)
    return list(dict.fromkeys(found))


def without_code(text: str) -> str:
    """Return a text in which code and addresses are one word each."""
    text = re.sub(r"(`+).+?\1", "CODE", text)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    return re.sub(r"<?https?://\S+", "URL", text)


def sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?])[)*\"]*\s+", without_code(text))


def test_no_word_that_readers_stumble_over(texts: list[Text]) -> None:
    found = [
        f"{text.place}: {match[0]!r}, write {better!r}: {text.text}"
        for text in texts
        for pattern, better in WORDS.items()
        for match in re.finditer(rf"(?i)\b(?:{pattern})", without_code(text.text))
    ]
    assert not found, "\n" + "\n".join(found)


def test_no_sentence_is_too_long(texts: list[Text]) -> None:
    found = [
        f"{text.place}: {len(sentence.split())} words: {sentence}"
        for text in texts
        if text.kind != "heading"
        for sentence in sentences(text.text)
        if len(sentence.split()) > LONGEST_SENTENCE
    ]
    assert not found, "\n" + "\n".join(found)


def test_each_comment_has_a_subject(texts: list[Text]) -> None:
    # Projects change the setting below this one, so an update that changed it would conflict.
    kept = "Yours, like all that you add: here, and to other tables at their end."
    found = [
        f"{text.place}: {text.text}"
        for text in texts
        if text.kind in ("comment", "docstring") and text.text != kept
        for sentence in sentences(text.text)
        if NO_SUBJECT.match(sentence) and not sentence.endswith("?")
    ]
    assert not found, "\n" + "\n".join(found)


def test_no_sentence_of_a_page_begins_with_what_and_is_no_question(texts: list[Text]) -> None:
    found = [
        f"{text.place}: {sentence}"
        for text in texts
        if text.kind in ("prose", "question", "message")
        for sentence in sentences(text.text)
        if sentence.startswith("What ") and not sentence.endswith("?")
    ]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "How shall it be isolated?",
        "It stands in the lock.",
        "The folder holds the packages.",
        "This tells of a newer version.",
        "one name a line",
        "all files but for secrets",
        "a `Dockerfile.own`, say, is built",
        "the venv half",
        "The index wants a password.",
        "the code that is there",
    ],
)
def test_the_words_are_found(text: str) -> None:
    assert any(re.search(rf"(?i)\b(?:{pattern})", without_code(text)) for pattern in WORDS)
