"""What is given for running Earmark as a service fits: the unit, the container file, the settings, the backups."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from prometheus_client.metrics_core import Metric
from tests.docs.conftest import ROOT, Earmark, blocks

from earmark.call.relays.base import Health
from earmark.cli.settings import settings
from earmark.server.metrics import Census, Metrics

PAGE = ROOT / "docs/deploy.md"
UNIT = ROOT / "deploy/earmark.service"
MOST_EXPOSED = 2.0


@pytest.fixture
def systemd() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("no systemd on this machine, so its unit was not analysed")
    return found


def test_the_unit_is_confined(systemd: str) -> None:
    command = [systemd, "security", "--offline=true", "--no-pager", str(UNIT)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    level = re.search(r"exposure level for earmark.service: ([\d.]+)", said.stdout)
    assert level, said.stdout + said.stderr
    assert float(level[1]) <= MOST_EXPOSED


def test_the_unit_makes_sense(systemd: str, tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text("utf-8").replace("/opt/earmark/bin/earmark", "/bin/true"), "utf-8")
    said = subprocess.run([systemd, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    assert [line for line in said.stderr.splitlines() if UNIT.name in line] == []


def test_the_container_is_not_roots() -> None:
    lines = (ROOT / "deploy/Containerfile").read_text("utf-8").splitlines()
    users = [line for line in lines if line.startswith("USER ")]
    assert users
    assert users[-1].split()[1] not in {"root", "0"}
    assert not any(re.search(r"(PASSWORD|SECRET|TOKEN)\s*=", line) for line in lines)


def test_the_container_has_the_driver_for_postgresql() -> None:
    (installed,) = re.findall(r"--requirement /src/(\S+)", (ROOT / "deploy/Containerfile").read_text("utf-8"))
    locked = (ROOT / installed).read_text("utf-8")
    assert re.search(r"^psycopg-binary==", locked, re.MULTILINE)


def test_the_settings_are_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "earmark.toml"
    monkeypatch.setenv("EARMARK_CONFIG", str(file))
    shown = []
    for text in blocks(PAGE, "toml"):
        file.write_text(text, "utf-8")
        shown.append(settings())
    assert shown[0].relay == "janus"
    assert shown[0].metrics == "127.0.0.1:9464"


def test_the_numbers_that_are_named_are_there() -> None:
    metrics = Metrics()
    metrics.watch(lambda: Census(0, 0, 0, 0), lambda: Health(running=True, streams=0, listeners=0))
    there = {name for family in metrics.registry.collect() for name in names_of(family)}
    named = set(re.findall(r"`(earmark_[a-z_]+)[`{ ]", PAGE.read_text("utf-8")))
    assert named
    assert named <= there


def names_of(family: Metric) -> set[str]:
    return {family.name, f"{family.name}_total"}


def test_a_backup_comes_back(earmark: Earmark, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EARMARK_VAULT_KEY_FILE", str(home / "vault.key"))
    assert earmark(["init", "--vault", "vault", "--key-file", "vault.key"]).status == 0
    assert earmark(["backup", "vault.backup", "--vault", "vault"]).status == 0
    assert earmark(["restore", "vault.backup", "--vault", "restored"]).status == 0
    assert earmark(["ledger", "verify", "--vault", "restored"]).status == 0
    assert (home / "restored").is_dir()
