"""The report as a PDF, set by Typst, with the fonts that come with it.

All text is handed over as data, so that nothing from a stranger is ever read as markup.
"""

import json
from dataclasses import asdict
from datetime import datetime
from importlib.resources import files

from earmark.cases.report.pictures import standing_alone
from earmark.cases.report.story import Story

TEMPLATE = files("earmark.cases.report") / "templates" / "report.typ"


def paper(story: Story) -> bytes:
    """Return a report as a PDF that readers of PDF/UA-1 can read aloud."""
    import typst  # noqa: PLC0415 - 30 MB that only reports need

    return typst.compile(
        TEMPLATE.read_bytes(),
        format="pdf",
        sys_inputs=inputs(story),
        ignore_system_fonts=True,
        pdf_standards="ua-1",
        timestamp=datetime.fromisoformat(story.made_at).replace(microsecond=0),
    )


def inputs(story: Story) -> dict[str, str]:
    """Return what the template is given."""
    figures = [{"svg": standing_alone(one.svg), "caption": one.caption, "alt": one.alt} for one in story.figures]
    return {"story": json.dumps(asdict(story) | {"figures": []}), "figures": json.dumps(figures)}
