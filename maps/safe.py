"""The one encoder for strings that enter a Folium page, and the sandbox under it.

Folium passes text that is already rendered through Jinja again, so a community named ``{{ … }}`` would run on
the server; ``html.escape`` alone does not stop it, and ``${…}`` in popup text runs in the browser.  Pages of
this project hold no user data at all; this module is for the string that must go in after all, and the
sandbox is the net under the net: what slips through cannot reach the interpreter.
"""

import html
from collections.abc import Mapping
from typing import Any, Final

import branca.element
import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

_ENTITIES: Final = {ord(sign): f"&#{ord(sign)};" for sign in "{}$\\`"}


def encode(text: str) -> str:
    """HTML text that Jinja, a JavaScript template literal and a JS string all leave literal.

    >>> encode("{{7*7}} <b> ${1} `x`")
    '&#123;&#123;7*7&#125;&#125; &lt;b&gt; &#36;&#123;1&#125; &#96;x&#96;'
    """
    return html.escape(text, quote=True).translate(_ENTITIES)


def encode_tree(value: Any) -> Any:
    """A JSON-like value with every string in it, keys included, passed through :func:`encode`.

    Numbers, booleans and None stay as they are; tuples become lists as JSON would make them.
    Raises TypeError for anything that is not JSON-like, because an unknown object could render itself.
    """
    if isinstance(value, str):
        return encode(value)
    if isinstance(value, Mapping):
        return {encode(str(key)): encode_tree(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode_tree(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    raise TypeError(f"{type(value).__name__} cannot go into a page")


class SandboxedTemplate(jinja2.Template):
    """A template that cannot reach attributes of the interpreter nor change what it is given."""

    environment_class = ImmutableSandboxedEnvironment


def harden() -> None:
    """Put the sandbox under branca for this process; calling it again changes nothing.

    ``branca.element.Element(text)`` compiles already rendered text: that is the second pass of the hole.
    Folium's own templates are constants, compiled when it is imported, and never hold a user's text.
    """
    setattr(branca.element, "Template", SandboxedTemplate)  # noqa: B010 - branca does not export the name
