"""Settings: flags, then EARMARK_… variables, then a TOML file, then defaults. Never a secret."""

import os
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_config_path
from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from earmark.errors import UsageError
from earmark.records.folder import default_folder

PREFIX = "EARMARK_"
OTHERS = frozenset({"EARMARK_CONFIG", "EARMARK_VAULT_KEY", "EARMARK_OFFICER_FILES"})
"""Variables that are no settings."""
ALIKE = 0.8


def config_path() -> Path:
    """Return where the TOML file is: ``EARMARK_CONFIG``, or in the platform's folder for settings."""
    named = os.environ.get("EARMARK_CONFIG")
    return Path(named) if named else user_config_path("earmark") / "earmark.toml"


class Settings(BaseSettings):
    """What can be set once and for all.

    Attributes:
        vault: the vault's folder.
        bound: the allowed chance that any innocent listener is named.
        coalition: how many colluders new recordings are marked against.
        classification: how confidential new recordings are, in the owner's words.
        vault_key_file: the file with the vault's key. The key itself is no setting.
        stamp_url: address of an authority for time stamps (RFC 3161).
        stamp_roots: PEM file with the certificates that such stamps are checked by.
        host: the address at which calls are served.
        port: likewise.
        tls_cert: PEM file with the server's certificates.
        tls_key: PEM file with their key.
        public_url: the page's address for people, where a proxy stands before the server.
        server_name: what that proxy calls this server, where there are several of one vault.
        relay: what forwards the sound of calls.
        janus_urls: addresses of the WebSocket interface of Janus servers that run already, to spread calls over.
        janus_secret_file: holds their api_secret, and their admin_key in a second line. Neither is a setting itself.
        media_address: the address at which the relay takes sound.
        media_ports: the UDP ports there, such as "40000-40100".
        host_token_file: keeps the token by which hosts open calls. The token itself is no setting.
        host_link: whether hosts may come by the link with that token, beside logging in.
        oidc_issuer: address of the provider (OpenID Connect) where hosts and officers log in; nowhere if not set.
        oidc_client_id: what the provider knows this server by.
        oidc_client_secret_file: holds what it knows it by besides. The secret itself is no setting.
        oidc_scopes: what the provider is asked for.
        oidc_claim: what of a person tells their roles.
        oidc_hosts: values of that claim that make a host.
        oidc_officers: values of it that make an officer.
        ice_urls: STUN and TURN servers for browsers behind networks that let nothing else through.
        turn_secret_file: holds the secret that the TURN servers share with this one. The secret itself is no setting.
        metrics: address and port at which Prometheus is answered; nowhere if not set.
        log_format: lines for people, or for programs.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="forbid")

    vault: Path = Field(default_factory=default_folder)
    bound: float = 1e-6
    coalition: int | None = None
    classification: str | None = None
    vault_key_file: Path | None = None
    stamp_url: str | None = None
    stamp_roots: Path | None = None
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8765
    tls_cert: Path | None = None
    tls_key: Path | None = None
    public_url: str | None = None
    server_name: str = ""
    relay: Literal["builtin", "janus"] = "builtin"
    janus_urls: list[str] = []
    janus_secret_file: Path | None = None
    media_address: str | None = None
    media_ports: str | None = None
    host_token_file: Path | None = None
    host_link: bool = True
    oidc_issuer: str | None = None
    oidc_client_id: str = ""
    oidc_client_secret_file: Path | None = None
    oidc_scopes: list[str] = ["openid", "profile"]
    oidc_claim: str = "groups"
    oidc_hosts: list[str] = []
    oidc_officers: list[str] = []
    ice_urls: list[str] = []
    turn_secret_file: Path | None = None
    metrics: str | None = None
    log_format: Literal["text", "json"] = "text"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - there are no such files here
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return flags, variables and the TOML file, in this order."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, config_path())


def settings(**flags: object) -> Settings:
    """Return the settings in force; a flag that is None was not given.

    Raises:
        UsageError: a variable or the file has something that makes no sense, or there is no file where one was named.
    """
    if os.environ.get("EARMARK_CONFIG") and not config_path().is_file():
        raise UsageError(f"EARMARK_CONFIG names {config_path()}, and there is no such file", "Make it, or unset that.")
    require_known(os.environ)
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise no_such_setting(name, f"in {config_path()}") from error
        raise UsageError(f"the setting {name!r} makes no sense: {first['msg']}", _where(name)) from error
    except (ValueError, OSError) as error:
        raise UsageError(f"{config_path()} cannot be read: {error}", "It has lines such as: bound = 1e-6") from error


def require_known(variables: Iterable[str]) -> None:
    """Raise a UsageError where a variable of the environment is likely to be a setting that was misspelt."""
    for one in variables:
        name = one.removeprefix(PREFIX).lower()
        known = one in OTHERS or name in Settings.model_fields
        if one.startswith(PREFIX) and not known and get_close_matches(name, Settings.model_fields, 1, ALIKE):
            raise no_such_setting(name, f"as {one}")


def no_such_setting(name: str, where: str) -> UsageError:
    """Return the error of a setting that does not exist, with the one that was probably meant."""
    likely = get_close_matches(name, Settings.model_fields, 1)
    return UsageError(
        f"there is no setting {name!r}, {where}",
        f"Is it {likely[0]}?" if likely else "The reference has all settings.",
    )


def _where(name: str) -> str:
    return f"Look at EARMARK_{name.upper()} and at {config_path()}."
