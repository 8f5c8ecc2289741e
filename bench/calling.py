"""What benchmarks of calls share: voices for fake microphones, and a look at processes."""

import os
import signal
import wave
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.corpus import Floats, load

RATE = 48_000
_SPEECH = ("2609", "2033", "1998", "3080")
_FULL = 32_767


def voice(number: int, path: Path) -> Path:
    """Write what the ``number``-th person says (WAV, 48 kHz): real speech, half as loud as can be."""
    sound = load(f"speech/librispeech-testother_{_SPEECH[number]}_en", RATE)
    return write(path, sound / np.abs(sound).max() / 2, RATE)


def write(path: Path, sound: Floats, rate: int) -> Path:
    """Write a WAV file of one channel, 16 bits."""
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, rate, 0, "NONE", ""))
        out.writeframes((sound * _FULL).round().astype("<i2").tobytes())
    return path


def certify(address: str, folder: Path) -> tuple[Path, Path]:
    """Write a certificate for an IP address, signed by itself, and its key (PEM); return both paths."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, address)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .sign(key, SHA256())
    )
    cert_path, key_path = folder / "cert.pem", folder / "key.pem"
    cert_path.write_bytes(certificate.public_bytes(Encoding.PEM))
    key_path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return cert_path, key_path


def memory_mb(pid: int) -> float:
    """Return how much memory a process has in use (resident), in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def janus_of(server: int) -> int:
    """Return the process of the Janus that a server runs.

    Raises:
        LookupError: it runs none.
    """
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().partition("(")[2].rpartition(")")
        except OSError:  # it has just ended
            continue
        if name == "janus" and int(rest.split()[1]) == server:
            return int(stat.parent.name)
    raise LookupError("the server runs no Janus")


def kill(pid: int) -> None:
    """End a process as a fault would."""
    os.kill(pid, signal.SIGKILL)
