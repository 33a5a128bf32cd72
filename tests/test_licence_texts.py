"""The licences, of which each word counts."""

from __future__ import annotations

import hashlib
import re

import pytest
from support.projects import Bakery

# Of the terms, without the line of the holder and with one blank between any two words. Packages
# from PyPI bring texts with the same digests.
DIGESTS = {
    "MIT": "7c9b48b52decb9837c70f608678129e1ac79e056829c8d1e82e8cdd8aed562f8",
    "Apache-2.0": "09ae9bf1886f530f7338889ef805f37b288ec6adedd1e1e32058921acf05a782",
}


@pytest.mark.parametrize("license", DIGESTS)
def test_a_licence_is_the_published_text_word_by_word(license: str, bake: Bakery) -> None:
    text = bake(license=license).read("LICENSE").partition("END OF TERMS")[0]
    words = re.sub(r"^\s*Copyright .*$", "", text, flags=re.MULTILINE).split()
    assert hashlib.sha256(" ".join(words).encode()).hexdigest() == DIGESTS[license]
