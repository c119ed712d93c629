"""What the environment decides. Each setting is listed in `.env.example`; a test keeps the two equal."""

from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path

from pydantic import Field, HttpUrl, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from whop_crm.errors import NotConfigured

WHOP_ORIGIN = "https://api.whop.com"


class Settings(BaseSettings):
    """Read once from the process environment and `.env`; secrets have no defaults."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True)

    app_url: HttpUrl = Field(
        default=HttpUrl("http://localhost:3000"),
        description="The public address of this app, as people type it.",
    )
    host: str = Field(default="127.0.0.1", description="The address the server listens on.")
    port: int = Field(default=3000, ge=1, le=65535, description="The port the server listens on.")
    trusted_proxies: str = Field(
        default="",
        description="Addresses or networks of the proxies in front, comma-separated: their X-Forwarded-… counts.",
    )
    data_dir: Path = Field(default=Path(".data"), description="Where the embedded database and generated secrets live.")
    database_url: str | None = Field(
        default=None, description="Any PostgreSQL 15 or newer, as the app's role. Empty: the embedded one."
    )
    database_owner_url: str | None = Field(
        default=None, description="The same database as the owner of its tables, for migrations."
    )
    redis_url: str | None = Field(
        default=None,
        description="Where processes share tabs and count API requests. Empty: in memory, and in PostgreSQL.",
    )
    clock: bool = Field(
        default=True, description="Whether this process offers to run the clock; false where `whop-crm worker` does."
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description="32 bytes in base64 that encrypt Whop tokens at rest; comma-separated to rotate.",
    )
    whop_base_url: HttpUrl = Field(
        default=HttpUrl(WHOP_ORIGIN), description="The origin of Whop's REST, OAuth and JWKS."
    )
    whop_api_key: SecretStr | None = Field(default=None, description="The app's API key.")
    whop_app_id: str | None = Field(default=None, description="The app's id, app_…, also the OAuth client id.")
    whop_oauth_client_secret: SecretStr | None = Field(
        default=None, description="Only for a confidential OAuth client."
    )
    whop_webhook_secret: SecretStr | None = Field(
        default=None, description="The webhook's secret, ws_…, as shown once."
    )
    whop_company_id: str | None = Field(
        default=None, description="A company to open even where Whop's account list does not name it."
    )
    whop_app_origin: HttpUrl | None = Field(
        default=None, description="The app's origin inside Whop's frame, https://….apps.whop.com."
    )
    whop_frame_origins: str = Field(
        default="https://whop.com https://*.whop.com",
        pattern=r"^(https?://[A-Za-z0-9.*:-]+)( https?://[A-Za-z0-9.*:-]+)*$",
        description="Whose pages may show the app in a frame, separated by spaces.",
    )
    whop_requests_per_minute: int = Field(
        default=540, ge=1, description="The client's own budget per API operation; Whop allows 600."
    )
    api_requests_per_minute: int = Field(
        default=100, ge=1, description="How many requests each API key may make in a minute."
    )
    session_days: int = Field(default=30, ge=1, le=30, description="How long a sign-in lasts.")
    log_level: str = Field(
        default="INFO", pattern=r"(?i)^(debug|info|warning|error)$", description="DEBUG, INFO, WARNING or ERROR."
    )
    log_json: bool = Field(default=False, description="One JSON object a line instead of text.")
    sandbox_port: int = Field(default=4000, ge=1, le=65535, description="The port of the Whop sandbox of `make demo`.")
    sandbox_frame_port: int = Field(
        default=4001, ge=1, le=65535, description="The port on which it shows the app inside Whop's frame."
    )

    @field_validator("database_url", "database_owner_url", "redis_url", "secret_key", "whop_api_key", "whop_app_id",
                     "whop_oauth_client_secret", "whop_webhook_secret", "whop_company_id", "whop_app_origin",
                     mode="before")  # fmt: skip
    @classmethod
    def _empty_means_unset(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("trusted_proxies")
    @classmethod
    def _only_networks(cls, value: str) -> str:
        for part in filter(None, value.replace(" ", "").split(",")):
            ip_network(part)
        return value

    @field_validator("redis_url")
    @classmethod
    def _only_redis(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("it must start with redis://, rediss:// or unix://")
        return value

    @property
    def proxies(self) -> list[str]:
        """The trusted proxies, one by one."""
        return [part for part in self.trusted_proxies.replace(" ", "").split(",") if part]

    @property
    def origin(self) -> str:
        """The app's own origin, without a trailing slash."""
        return str(self.app_url).rstrip("/")

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins that our own pages come from: the own one, and the one inside Whop's frame where it is set."""
        framed = str(self.whop_app_origin).rstrip("/") if self.whop_app_origin else None
        return (self.origin, framed) if framed else (self.origin,)

    @property
    def whop_origin(self) -> str:
        return str(self.whop_base_url).rstrip("/")


@lru_cache
def settings() -> Settings:
    """The settings of this process. Raises NotConfigured, naming each variable that is wrong."""
    try:
        return Settings()
    except UnicodeDecodeError:
        raise NotConfigured("The file .env is not UTF-8 text. Write it anew from .env.example.") from None
    except ValidationError as error:
        wrong = "; ".join(f"{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
        raise NotConfigured(f"These settings are wrong: {wrong}. See .env.example.") from None
