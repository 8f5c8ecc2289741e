"""The report as one HTML file: no script, no network, and nothing from strangers but text.

Jinja2 escapes everything that is not a picture, and the pictures escape what is text in them. The page's own policy
allows the one style sheet in it, by its hash, and nothing else.
"""

import hashlib
from base64 import b64encode
from functools import cache
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined, Template

from earmark.cases.report.story import Story

TEMPLATES = files("earmark.cases.report") / "templates"


def page(story: Story) -> bytes:
    """Return a report as HTML."""
    style = (TEMPLATES / "report.css").read_text("utf-8")
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _template().render(story=story, style=style, style_sha256=digest).encode()


@cache
def _template() -> Template:
    source = (TEMPLATES / "report.html.j2").read_text("utf-8")
    environment = Environment(
        loader=DictLoader({"report": source}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report")
