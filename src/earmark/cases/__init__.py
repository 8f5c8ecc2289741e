"""Cases: what was found out about a leak, written down so that a stranger can check it.

``bound``, ``chance``, ``codewords`` and ``scores`` compute once more what the rest of Earmark has computed, from the
description in ``docs/formats/case.md`` alone: they import nothing of Earmark, and an import contract keeps it so.
"""
