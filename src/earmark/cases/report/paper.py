"""The report as a PDF, set by Typst, with the fonts that come with it.

All text is handed over as data, so that nothing from a stranger is ever read as markup.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime
from importlib.resources import files
from typing import Any

from earmark.cases.folder import CaseError
from earmark.cases.report.drawable import drawable_all
from earmark.cases.report.pictures import standing_alone
from earmark.cases.report.story import Story

TEMPLATE = files("earmark.cases.report") / "templates" / "report.typ"


ESCAPED = (
    "Characters as \\u and figures",
    "What the fonts of this paper cannot draw, by its number in Unicode. report.html has it as it is.",
)


def paper(story: Story) -> bytes:
    """Return a report as a PDF that readers of PDF/UA-1 can read aloud.

    Raises:
        CaseError: it cannot be set.
    """
    import typst  # noqa: PLC0415 - 30 MB that only reports need

    try:
        return compiled(story)
    except typst.TypstError:  # most often of a character that no font can draw
        escaping = replace(story, terms=(*story.terms, ESCAPED))
    try:
        return compiled(escaping, drawable_all)
    except typst.TypstError as error:
        raise CaseError(f"the report cannot be set as a PDF: {error}", "Try another title with --title.") from error


def compiled(story: Story, shown: Callable[[Any], Any] = lambda given: given) -> bytes:
    """Return the PDF of a story; ``shown`` tells how what is handed to the template is written there."""
    import typst  # noqa: PLC0415

    return typst.compile(
        TEMPLATE.read_bytes(),
        format="pdf",
        sys_inputs=inputs(story, shown),
        ignore_system_fonts=True,
        pdf_standards="ua-1",
        timestamp=datetime.fromisoformat(story.made_at).replace(microsecond=0),
    )


def inputs(story: Story, shown: Callable[[Any], Any] = lambda given: given) -> dict[str, str]:
    """Return what the template is given."""
    figures = [{"svg": standing_alone(one.svg), "caption": one.caption, "alt": one.alt} for one in story.figures]
    whole = asdict(replace(story, figures=()))
    return {"story": json.dumps(shown(whole)), "figures": json.dumps(shown(figures))}
