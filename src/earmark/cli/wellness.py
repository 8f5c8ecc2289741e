"""Asks the server that the settings speak of whether it is well: ``python -m earmark.cli.wellness``, as containers do.

Ends with 0 where it says so, and with 1 where it does not, or says nothing.
"""

import ssl
import sys
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from earmark.cli.settings import Settings, settings
from earmark.errors import EarmarkError

WAIT_S = 5.0
ANYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- what a server listens at, not this


def is_well(of: Settings) -> bool:
    """Ask on this machine; tell whether calls can be held."""
    connection = _connection(ANYWHERE.get(of.host, of.host), of)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _connection(host: str, of: Settings) -> HTTPConnection:
    if of.tls_cert is None:
        return HTTPConnection(host, of.port, timeout=WAIT_S)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # the certificate is for the name that people use,
    context.verify_mode = ssl.CERT_NONE  # and nothing is told to whoever answers, or believed but that all is well
    return HTTPSConnection(host, of.port, timeout=WAIT_S, context=context)


def main() -> int:
    """Return how to end."""
    try:
        return 0 if is_well(settings()) else 1
    except EarmarkError as error:
        sys.stderr.write(f"earmark: error: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
