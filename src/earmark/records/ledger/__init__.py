"""The ledger: an append-only, signed log of what was committed, given and traced, and when.

``merkle``, ``canonical``, ``commitments``, ``entries``, ``heads`` and ``proofs`` know nothing of databases: they are
what a stranger needs to check an excerpt.
"""
