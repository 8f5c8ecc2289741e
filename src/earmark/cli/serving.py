"""The command that lets people talk."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from earmark.cli.options import Json, VaultFolder

if TYPE_CHECKING:
    from earmark.call.relays.base import Relay
    from earmark.cli.settings import Settings
    from earmark.server.login import Provider


def serve(
    *,
    host: Annotated[
        str | None, typer.Option("--host", metavar="ADDRESS", help="Where to listen. Default: 127.0.0.1, this machine.")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", metavar="N", help="Default: 8765; 0 takes one that is free.")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option("--tls-cert", metavar="FILE", help="Certificates (PEM).")] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", metavar="FILE", help="Their key (PEM).")] = None,
    public_url: Annotated[
        str | None,
        typer.Option("--public-url", metavar="URL", help="The page's address, where a proxy stands before the server."),
    ] = None,
    server_name: Annotated[
        str | None,
        typer.Option("--server-name", metavar="NAME", help="What the proxy calls this server, among several."),
    ] = None,
    relay: Annotated[
        str | None, typer.Option("--relay", metavar="NAME", help="builtin or janus. Default: builtin.")
    ] = None,
    media_address: Annotated[
        str | None,
        typer.Option(
            "--media-address", metavar="ADDRESS", help="Where sound is taken. Default: all of this machine's."
        ),
    ] = None,
    media_ports: Annotated[
        str | None, typer.Option("--media-ports", metavar="N[-M]", help="UDP ports for sound. Default: any.")
    ] = None,
    host_token_file: Annotated[
        Path | None,
        typer.Option(
            "--host-token-file", metavar="FILE", help="Keeps the host's token. Default: a new one at each start."
        ),
    ] = None,
    metrics: Annotated[
        str | None,
        typer.Option("--metrics", metavar="ADDRESS:PORT", help="Where Prometheus is answered. Default: nowhere."),
    ] = None,
    log_format: Annotated[
        str | None, typer.Option("--log-format", metavar="NAME", help="text, or json: one object a line.")
    ] = None,
    vault: VaultFolder = None,
    json: Json = False,
) -> None:
    """Serve confidential calls until Ctrl-C: page, signalling, dealer and relay in one process.

    Prints the page's address and the link by which hosts open calls.
    """
    from earmark.cli import shell
    from earmark.server import logs, running, tokens, turn

    chosen = shell.settings(
        host=host,
        port=port,
        tls_cert=tls_cert,
        tls_key=tls_key,
        public_url=public_url,
        server_name=server_name,
        relay=relay,
        media_address=media_address,
        media_ports=media_ports,
        host_token_file=host_token_file,
        metrics=metrics,
        log_format=log_format,
        vault=vault,
    )
    place = running.Place(
        chosen.host,
        chosen.port,
        chosen.tls_cert,
        chosen.tls_key,
        chosen.public_url or "",
        chosen.server_name,
    )
    place.check()
    logs.begin(chosen.log_format)
    helpers = turn.helpers(chosen.ice_urls, chosen.turn_secret_file, time.time)
    provider = chosen_provider(chosen)
    with shell.opened(chosen) as opened:
        opened.safe.open()
        token = tokens.host_token(chosen.host_token_file, opened.safe.randomness) if chosen.host_link else None

        def ready(address: str) -> None:
            link = None if token is None else f"{address}#host={token}"
            shell.tell("earmark.serve/1", {"address": address, "host_link": link}, announced(address, link), json=json)

        running.serve(
            opened,
            place,
            chosen_relay(chosen),
            host_token=token,
            ready=ready,
            ice_servers=helpers.for_somebody,
            metrics=chosen.metrics,
            provider=provider,
        )


def chosen_relay(chosen: "Settings") -> "Relay":
    """Return the relay that the settings name.

    Raises:
        UsageError: the ports for sound make no sense.
    """
    addresses = [chosen.media_address] if chosen.media_address else []
    ports = port_range(chosen.media_ports)
    if chosen.janus_urls:
        return running_relays(chosen)
    if chosen.relay == "janus":
        from earmark.call.relays.janus import JanusRelay
        from earmark.call.relays.janus_process import JanusProcess

        return JanusRelay(JanusProcess(addresses, ports))
    from earmark.call.relays.builtin import BuiltinRelay

    return BuiltinRelay(addresses, ports[0] if ports else 0)


def running_relays(chosen: "Settings") -> "Relay":
    """Return the Janus servers that run already, as one relay.

    Raises:
        UsageError: an address makes no sense, or their secrets cannot be read.
    """
    from earmark.call.relays.janus import JanusRelay, RunningJanus
    from earmark.call.relays.janus_process import Endpoint
    from earmark.call.relays.spread import SpreadRelay
    from earmark.errors import UsageError

    strange = [url for url in chosen.janus_urls if not url.startswith(("ws://", "wss://"))]
    if strange or chosen.relay != "janus":
        named = (
            f"{strange[0]!r} is no address of a Janus" if strange else "there are addresses of Janus, and another relay"
        )
        raise UsageError(named, 'Such as relay = "janus" and janus_urls = ["wss://10.0.0.5:8989"].')
    try:
        lines = chosen.janus_secret_file.read_text("utf-8").split() if chosen.janus_secret_file else []
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{chosen.janus_secret_file} cannot be read", "Check janus_secret_file.") from error
    secret, key = (*lines, "", "")[:2]
    return SpreadRelay([JanusRelay(RunningJanus(Endpoint(url, None, secret, key))) for url in chosen.janus_urls])


def chosen_provider(chosen: "Settings") -> "Provider | None":
    """Return where hosts and officers log in; None for nowhere.

    Raises:
        UsageError: nobody could open calls, or what is said of the provider makes no sense.
    """
    from earmark.errors import UsageError
    from earmark.server.login import Provider, read_secret

    if chosen.oidc_issuer is None:
        if not chosen.host_link:
            raise UsageError("nobody could open calls", "Set oidc_issuer, or leave host_link on.")
        return None
    if not chosen.oidc_issuer.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise UsageError(f"{chosen.oidc_issuer} is no address of a provider", "It begins with https://.")
    if not (chosen.oidc_client_id and chosen.oidc_hosts):
        raise UsageError("nobody could log in as a host", "Set oidc_client_id and oidc_hosts.")
    return Provider(
        chosen.oidc_issuer,
        chosen.oidc_client_id,
        read_secret(chosen.oidc_client_secret_file),
        chosen.oidc_claim,
        frozenset(chosen.oidc_hosts),
        frozenset(chosen.oidc_officers),
        tuple(chosen.oidc_scopes),
    )


def port_range(text: str | None) -> tuple[int, int] | None:
    """Return the first and the last of ports such as "40000" or "40000-40100"; None for any.

    Raises:
        UsageError: they make no sense.
    """
    from earmark.errors import UsageError

    if text is None:
        return None
    first, _, last = text.partition("-")
    numbers = [int(number) for number in (first, last or first) if number.isascii() and number.isdigit()]
    if len(numbers) != 2 or not 1 <= numbers[0] <= numbers[1] <= 65535:
        raise UsageError(f"the ports {text!r} make no sense", "Such as --media-ports 40000-40100.")
    return numbers[0], numbers[1]


def announced(address: str, link: str | None) -> list[str]:
    """Return what is printed when the server is ready."""
    return [f"page   {address}", f"host   {link or f'{address} (log in there)'}"]
