"""A relay under the filter of system calls that the unit asks systemd for, made of the unit's own lines by libseccomp.

Run as a process of its own (`python -m tests.docs.confined UNIT janus calls`), since there is no way back.
What systemd does beside that (name spaces, capabilities, who runs it) needs systemd itself and is not played here, but
that the unit's user is not root.
"""

import asyncio
import ctypes
import errno
import importlib
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from earmark.errors import RelayError

LIBRARY = "libseccomp.so.2"
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
MASKED_EQUAL = 7
PROT_EXEC, PROT_WRITE = 4, 2
MUST_NOT_BE_MADE_EXECUTABLE = (("mmap", PROT_EXEC | PROT_WRITE), ("mprotect", PROT_EXEC), ("pkey_mprotect", PROT_EXEC))


class Comparison(ctypes.Structure):
    """What an argument of a system call has to be for a rule to hold (`scmp_arg_cmp`)."""

    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("mask", ctypes.c_uint64),
        ("value", ctypes.c_uint64),
    )


def lines(unit: Path, name: str) -> list[str]:
    """Return what a unit says under a name, in order."""
    said = [line.partition("=") for line in unit.read_text("utf-8").splitlines()]
    return [value.strip() for key, _, value in said if key == name]


def calls(name: str) -> set[str]:
    """Return the system calls that systemd means by a name, such as "@resources"."""
    if not name.startswith("@"):
        return {name}
    command = ["systemd-analyze", "syscall-filter", "--no-pager", name]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    members = [line.strip() for line in said.splitlines()[1:] if line.strip() and not line.strip().startswith("#")]
    return set().union(*map(calls, members))


def allowed(unit: Path) -> set[str]:
    """Return the system calls that a unit allows; each of its lines adds to or takes from those before."""
    found = calls("@default")
    for line in lines(unit, "SystemCallFilter"):
        named: set[str] = set().union(*map(calls, line.lstrip("~").split()))
        found = found - named if line.startswith("~") else found | named
    return found


def otherwise(unit: Path) -> int:
    """Return what happens at any other system call: an error where the unit names one, else the end."""
    named = lines(unit, "SystemCallErrorNumber")
    return ERRNO | int(getattr(errno, named[-1])) if named else KILL


def confine(names: Iterable[str], action: int) -> None:
    """Put this process, and all that it starts, under a filter for good."""
    library = ctypes.CDLL(LIBRARY)
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(action)))
    for name in names:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:  # negative: one of another architecture
            assert library.seccomp_rule_add_array(context, ctypes.c_uint32(ALLOW), number, 0, None) == 0
    assert library.seccomp_load(context) == 0
    library.seccomp_release(context)


def forbid_made_code() -> None:
    """Let no memory be written and run, as `MemoryDenyWriteExecute=yes` does."""
    library = ctypes.CDLL(LIBRARY)
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(ALLOW)))
    for name, bits in MUST_NOT_BE_MADE_EXECUTABLE:
        number = library.seccomp_syscall_resolve_name(name.encode())
        rule = Comparison(2, MASKED_EQUAL, bits, bits)
        action = ctypes.c_uint32(ERRNO | errno.EPERM)
        assert library.seccomp_rule_add_array(context, action, number, 1, ctypes.byref(rule)) == 0
    assert library.seccomp_load(context) == 0
    library.seccomp_release(context)


async def play(kind: str, caller_too: bool) -> None:
    """Have a relay take a stream, as `earmark serve` would.

    Args:
        kind: which relay.
        caller_too: whether a speaker connects. They run in this process, and their DTLS needs what may be forbidden.
    """
    callers = importlib.import_module("bench.callers")  # not before: what is loaded is under the filter as well
    importlib.import_module("earmark.cli.serving")
    module, name = {"janus": ("janus", "JanusRelay"), "builtin": ("builtin", "BuiltinRelay")}[kind]
    relay = getattr(importlib.import_module(f"earmark.call.relays.{module}"), name)()
    await relay.start()
    try:
        async with asyncio.timeout(60), callers.Caller() as ada:
            if caller_too:
                await ada.speak(relay, "5f1c", 0, "ada")
            else:
                await relay.publish("5f1c", 0, "ada", ada.description("sendonly", "actpass"))
            health = relay.health()
            assert health.running, health.problem
            assert health.streams == 1
    finally:
        await relay.stop()


def main() -> None:
    """Play one relay; the process ends with 0 if it takes a stream, and with words if it cannot start."""
    unit, kind, how = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    names, action = allowed(unit), otherwise(unit)
    os.geteuid = lambda: 1  # as where the unit's user runs it: nothing is given to anybody else
    if how == "wholly" and lines(unit, "MemoryDenyWriteExecute") == ["yes"]:
        forbid_made_code()
    confine(names, action)
    try:
        asyncio.run(play(kind, caller_too=how == "calls"))
    except RelayError as error:
        sys.exit(f"{error} {error.hint}")


if __name__ == "__main__":
    main()
