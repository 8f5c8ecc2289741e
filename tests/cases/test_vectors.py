"""What is published for a second program holds of this one."""

import json
import shutil
from math import log
from pathlib import Path

import numpy as np
import pytest

from earmark.cases import bound, chance, codewords, scores
from earmark.cases.again import Again
from earmark.cases.bound import Claim
from earmark.cases.checking import Known, checked

VECTORS = Path(__file__).parents[1] / "vectors/case"
NUMBERS = json.loads((VECTORS / "numbers.json").read_text("utf-8"))


def test_decoders() -> None:
    for one in NUMBERS["decoders"]:
        thresholds = np.array(one["thresholds"]) / 65_536
        heard = scores.Heard(np.array(one["soft"]), np.array(one["amplitude"]), thresholds)
        assert scores.weights(heard) == pytest.approx(one["weights"], abs=1e-6)
        for test in one["tests"]:
            found = scores.exact_scores(scores.BANK[test["decoder"]], heard, test["ones"], test["companions"])
            assert found == pytest.approx(test["unrounded"], abs=1e-6)


def test_bounds() -> None:
    for one in NUMBERS["bounds"]:
        rest = (one["listeners"], one["companions"], one["depths"], one["weight"], 1 / one["share"])
        claim = Claim(one["scores"], one["thresholds"], one["bits"], *rest)
        pairs = bound.pairs_of(claim.scores, claim.thresholds)
        assert bound.deficit(claim.scores, claim.bits) == one["deficit"]
        found = {
            "tail_log10": bound.log_exact(pairs, one["deficit"]),
            "chernoff_log10": bound.log_chernoff(pairs, one["deficit"]),
            "price_log10": bound.log_price(claim),
            "bound_log10": bound.log_bound(claim),
        }
        for name, value in found.items():
            assert value / log(10) == pytest.approx(one[name], rel=1e-6, abs=1e-6), name


def test_innocents() -> None:
    for one in NUMBERS["innocents"]:
        assert chance.distance(one["deficits"], one["scores"], one["thresholds"]) == pytest.approx(one["distance"])
        assert chance.allowed(len(one["deficits"])) == pytest.approx(one["allowed"])


def unheard(*_: object) -> list[Again]:
    raise AssertionError("the mark key is not opened")


@pytest.mark.parametrize("folder", [VECTORS, VECTORS / "call", VECTORS / "parted"], ids=["file", "call", "parted"])
def test_the_bundle_holds(tmp_path: Path, folder: Path) -> None:
    shutil.copytree(folder, tmp_path / "case")
    bundle, found = checked(tmp_path / "case/bundle.earmark", Known(), unheard)
    assert bundle is not None
    assert {one.number for one in found if one.state != "passed"} == {4, 7, 15}
    assert not any(one.state == "failed" for one in found)


def test_the_effective_secret() -> None:
    one = NUMBERS["effective_secret"]
    secret, nonce = bytes.fromhex(one["secret"]), bytes.fromhex(one["nonce"])
    assert codewords.effective(secret, nonce).hex() == one["effective"]
