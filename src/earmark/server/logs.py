"""What the server says of itself: lines for people, or one JSON object a line for programs that collect them.

Neither has a secret in it: tokens, keys, session descriptions and what a vault is opened with are never logged.
"""

import json
import logging
from datetime import UTC, datetime
from typing import Literal

LogFormat = Literal["text", "json"]

TEXT = "earmark: %(asctime)s %(message)s"


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON: time (UTC, ISO 8601), level, logger, message, and what an error was."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        facts = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            facts["error"] = self.formatException(record.exc_info)
        return json.dumps(facts, ensure_ascii=False)


def begin(form: LogFormat) -> None:
    """Let Earmark log to standard error, and what it is built on as soon as it warns."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if form == "json" else logging.Formatter(TEXT))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("earmark").setLevel(logging.INFO)
