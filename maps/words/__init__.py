"""What the pages say: one dictionary a language, keyed by ``section.word``."""

import json
from functools import cache
from importlib import resources
from typing import Final

LANGUAGES: Final = {"zh": "zh-CN", "en": "en"}
"""Dictionary name → the value of ``<html lang>``; the first one is the default."""


def choose(*wishes: str | None) -> str:
    """The dictionary for the first wish that names a language we speak (query, cookie, Accept-Language, …).

    >>> choose(None, "en-GB,zh;q=0.8")
    'en'
    >>> choose("fr")
    'zh'
    """
    for wish in wishes:
        start = (wish or "").strip().lower()[:2]
        if start in LANGUAGES:
            return start
    return next(iter(LANGUAGES))


@cache
def words(language: str) -> dict[str, dict[str, str]]:
    """The dictionary of a language, section → word → text; KeyError for one we do not speak."""
    if language not in LANGUAGES:
        raise KeyError(language)
    text = resources.files(__name__).joinpath(f"{language}.json").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, str]] = json.loads(text)
    return loaded
