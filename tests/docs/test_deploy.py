"""What is given for running Earmark as a service fits: the unit, the container file, the settings, the backups."""

import ctypes
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from prometheus_client.metrics_core import Metric
from tests.balancer import free_port
from tests.docs.confined import LIBRARY
from tests.docs.conftest import ROOT, Earmark, blocks

from bench.calling import certify
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


def confined(kind: str, how: str, unit: Path = UNIT) -> subprocess.CompletedProcess[str]:
    """Run a relay under a unit's filter of system calls, see `tests.docs.confined`."""
    try:
        ctypes.CDLL(LIBRARY)
    except OSError:
        pytest.skip("no libseccomp on this machine, so no relay was run under the unit's filter")
    if kind == "janus" and shutil.which("janus") is None:
        pytest.skip("Janus is not installed, so it was not run under the unit's filter (make browsers)")
    command = [sys.executable, "-m", "tests.docs.confined", str(unit), kind, how]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.usefixtures("systemd")
@pytest.mark.parametrize(("kind", "how"), [("janus", "wholly"), ("janus", "calls"), ("builtin", "calls")])
def test_relays_carry_streams_under_the_units_filter(kind: str, how: str) -> None:
    said = confined(kind, how)
    assert said.returncode == 0, said.stderr


@pytest.mark.usefixtures("systemd")
def test_the_built_in_relay_says_what_of_the_unit_it_cannot_do_with() -> None:
    said = confined("builtin", "wholly")
    assert said.returncode == 1
    assert "MemoryDenyWriteExecute=no" in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.usefixtures("systemd")
def test_the_filter_is_one(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text("utf-8") + "\nSystemCallFilter=~@network-io\n", "utf-8")
    assert confined("builtin", "calls", unit).returncode != 0


def test_the_container_is_not_roots() -> None:
    lines = (ROOT / "deploy/Containerfile").read_text("utf-8").splitlines()
    users = [line for line in lines if line.startswith("USER ")]
    assert users
    assert users[-1].split()[1] not in {"root", "0"}
    assert not any(re.search(r"(PASSWORD|SECRET|TOKEN)\s*=", line) for line in lines)


@dataclass(frozen=True)
class Container:
    """What a container file says of what runs in the end.

    Attributes:
        entry: the command.
        check: the command that tells whether it is well.
        settings: of its environment.
    """

    entry: list[str]
    check: list[str]
    settings: dict[str, str]

    @classmethod
    def read(cls) -> "Container":
        text = re.sub(r"\\\n\s*", " ", (ROOT / "deploy/Containerfile").read_text("utf-8"))
        said = dict(re.findall(r"^(ENTRYPOINT|HEALTHCHECK|ENV) (.*)$", text, re.MULTILINE))
        return cls(
            entry=json.loads(said["ENTRYPOINT"]),
            check=json.loads(said["HEALTHCHECK"].partition("CMD ")[2]),
            settings=dict(re.findall(r"(\w+)=(\S+)", said["ENV"])),
        )


def status(command: list[str]) -> int:
    """Run a container's check here; return how it ends."""
    return subprocess.run([sys.executable, *command[1:]], capture_output=True, check=False, timeout=240).returncode


@pytest.mark.parametrize("secure", [False, True])
def test_what_the_container_runs_is_well_and_what_does_not_run_is_not(
    secure: bool, earmark: Earmark, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    container = Container.read()
    for name, value in container.settings.items():
        monkeypatch.setenv(name, value.replace("/var/lib/earmark", str(home)).replace("/etc/earmark", str(home)))
    names = ("tls_cert", "tls_key")
    files = dict(zip(names, certify("127.0.0.1", home), strict=True)) if secure else {}
    facts = {"relay": "builtin", "port": free_port()} | {name: str(file) for name, file in files.items()}
    (home / "earmark.toml").write_text("".join(f"{name} = {json.dumps(fact)}\n" for name, fact in facts.items()))
    key = str(home / "vault.key")
    assert earmark(["init", "--vault", str(home / "vault"), "--key-file", key]).status == 0
    command = [sys.executable, "-m", "earmark", *container.entry[1:], "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            said = json.loads("".join(iter(server.stdout.readline, "}\n")) + "}")
            assert said["address"].startswith("https:" if secure else "http:")
            assert status(container.check) == 0
        finally:
            server.terminate()
    assert status(container.check) != 0


BASE = os.environ.get("EARMARK_CONTAINER_BASE", "")
"""An image from which the container can be built here: registries of images are not everywhere."""


@pytest.mark.skipif(
    not (BASE and shutil.which("buildah")),
    reason="no buildah, or EARMARK_CONTAINER_BASE names no image: none was built",
)
def test_the_container_is_built_and_does_not_run_as_root() -> None:
    tag = "localhost/earmark-test"
    build = ["buildah", "bud", "--isolation", "chroot", "--network", "host", "--build-arg", f"BASE={BASE}"]
    subprocess.run([*build, "--pull-never", "--tag", tag, "--file", "deploy/Containerfile", "."], cwd=ROOT, check=True)
    made = subprocess.run(["buildah", "from", "--pull-never", tag], capture_output=True, text=True, check=True)
    run = ["buildah", "run", "--isolation", "chroot", made.stdout.strip(), "--"]
    try:
        who = subprocess.run([*run, "id", "-u"], capture_output=True, text=True, check=True)
        assert int(who.stdout) != 0
        entry = Container.read().entry[0]
        subprocess.run([*run, entry, "--version"], capture_output=True, check=True)
    finally:
        subprocess.run(["buildah", "rm", made.stdout.strip()], capture_output=True, check=True)


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
