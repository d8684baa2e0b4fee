"""Settings: everything by environment, with defaults that work on an empty machine."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from service.errors import BadConfiguration

LOCAL_TIME_ZONE = "Asia/Ho_Chi_Minh"
# What every sentence is written in, and its own key in the catalogues of other languages.
SOURCE_LANGUAGE = "vi"
# Published on purpose: demo accounts are refused off this machine.
DEMO_PASSWORD = "trinh-dien-2023"  # noqa: S105
LOG_LEVELS = ("debug", "info", "warning", "error")
# Each may come as NAME_FILE, a file that holds it (Docker's and systemd's way to hand over secrets).
SECRETS = (
    "DATABASE_URL",
    "DATABASE_PASSWORD",
    "DATABASE_OWNER_URL",
    "DATABASE_OWNER_PASSWORD",
    "REDIS_URL",
    "REDIS_PASSWORD",
    "SECRET_KEY",
    "METRICS_TOKEN",
    "SMTP_URL",
    "SMTP_PASSWORD",
    "BACKUP_RECIPIENT",
)
PASSWORDS_OF = {
    "DATABASE_URL": "DATABASE_PASSWORD",
    "DATABASE_OWNER_URL": "DATABASE_OWNER_PASSWORD",
    "REDIS_URL": "REDIS_PASSWORD",
    "SMTP_URL": "SMTP_PASSWORD",
}


@dataclass(frozen=True)
class Settings:
    """What an installation may choose. `database_url` is SQLAlchemy's; sizes are bytes.

    `trusted_proxies` is how many proxies of our own stand before the application and add to X-Forwarded-For.
    """

    database_url: str
    data_dir: Path
    # The owner of the tables on PostgreSQL; without it the one role of `database_url` does both.
    database_owner_url: str | None = None
    # Connections per process, 0: as many as its threads need; how long to wait for a free one.
    database_pool: int = 0
    database_wait_seconds: float = 10
    redis_url: str | None = None
    secret_key: str = ""
    demo: bool = False
    host: str = "127.0.0.1"
    port: int = 8080
    session_hours: int = 10
    largest_file: int = 50 * 1024 * 1024
    secure_cookies: bool = False
    trusted_proxies: int = 0
    # Where people reach the installation ("https://congnhan.thanhhoa.gov.vn"), for links in messages.
    public_url: str = ""
    # smtp://USER:PASSWORD@HOST:587?starttls=1 or smtps://…; without it nothing is sent by e-mail.
    smtp_url: str = ""
    mail_from: str = ""
    # The only places that webhooks may be sent to, as "host" or "host:port".
    webhook_hosts: tuple[str, ...] = ()
    # Opens /metrics and the details of /readyz from other machines; without it only this machine sees them.
    metrics_token: str = ""
    # A delivery that was begun and has not ended for so long has nobody behind it.
    abandoned_seconds: int = 120
    web_processes: int = 1
    web_threads: int = 8
    # How long a stopping server lets running requests finish, in seconds.
    graceful_seconds: int = 30
    # Below so many free bytes /readyz says "degraded".
    least_free_disk: int = 500 * 1024 * 1024
    # Where backups lie, so that their age can be told; None when they are kept elsewhere.
    backup_dir: Path | None = None
    # debug | info | warning | error; "" leaves it to `log_threshold`.
    log_level: str = ""
    # json | console; "" leaves it to `logs_json`.
    log_format: str = ""
    # Where the log's private key lies; None: beside the data. Its name, "": made of PUBLIC_URL.
    log_key_file: Path | None = None
    log_name: str = ""
    # The one witness that is asked, and the key by which its signatures are known (alone: only verified).
    witness_url: str = ""
    witness_key: str = ""
    # Of the pages: the source language, or one with a catalogue in service/web/translations.
    language: str = SOURCE_LANGUAGE

    @property
    def connections(self) -> int:
        """What a process keeps open at most: its threads, its background jobs and a few to spare."""
        return self.database_pool or self.web_threads + 4

    @property
    def files_dir(self) -> Path:
        return self.data_dir / "files"

    @property
    def log_key_path(self) -> Path:
        return self.log_key_file or self.data_dir / "log_key"

    @property
    def log_threshold(self) -> str:
        """Who tries the demo wants to see the accounts, not a line per request."""
        return self.log_level or ("warning" if self.demo else "info")

    @property
    def logs_json(self) -> bool:
        return self.log_format == "json" or (not self.log_format and not self.demo)

    @property
    def is_loopback(self) -> bool:
        return self.host in {"127.0.0.1", "::1", "localhost"}


def from_environment(env: dict[str, str] | None = None) -> Settings:
    """Settings from the process environment; raises BadConfiguration naming the variable."""
    env = with_secrets_from_files(os.environ if env is None else env)
    data_dir = Path(env.get("CONGNHAN_DATA", "var")).resolve()
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadConfiguration(
            f"CONGNHAN_DATA: không tạo được thư mục {data_dir} ({error.strerror})."
        ) from error
    database_url = env.get("DATABASE_URL") or f"sqlite:///{data_dir / 'congnhan.db'}"
    public_url = _address(env, "PUBLIC_URL")
    witness_url, witness_key = _witness(env)
    smtp_url, mail_from = _mail(env, public_url)
    return Settings(
        database_url=normalise_database_url(database_url),
        data_dir=data_dir,
        database_owner_url=normalise_database_url(owner)
        if (owner := env.get("DATABASE_OWNER_URL"))
        else None,
        database_pool=_integer(env, "CONGNHAN_DATABASE_POOL", 0),
        abandoned_seconds=_integer(env, "CONGNHAN_ABANDONED_SECONDS", 120, least=5),
        redis_url=env.get("REDIS_URL") or None,
        secret_key=env.get("SECRET_KEY") or _stored_secret(data_dir),
        demo=env.get("CONGNHAN_DEMO", "") == "1",
        host=env.get("CONGNHAN_HOST", "127.0.0.1"),
        port=_integer(env, "CONGNHAN_PORT", 8080),
        session_hours=_integer(env, "CONGNHAN_SESSION_HOURS", 10),
        largest_file=_integer(env, "CONGNHAN_LARGEST_FILE_MB", 50) * 1024 * 1024,
        secure_cookies=env.get("CONGNHAN_SECURE_COOKIES", "1" if public_url.startswith("https:") else "")
        == "1",
        trusted_proxies=_integer(env, "CONGNHAN_TRUSTED_PROXIES", 0),
        public_url=public_url,
        smtp_url=smtp_url,
        mail_from=mail_from,
        webhook_hosts=tuple(env.get("WEBHOOK_HOSTS", "").lower().replace(",", " ").split()),
        metrics_token=env.get("METRICS_TOKEN", ""),
        web_processes=_integer(env, "CONGNHAN_WORKERS", 1, least=1),
        web_threads=_integer(env, "CONGNHAN_THREADS", 8, least=2),
        graceful_seconds=_integer(env, "CONGNHAN_GRACEFUL_SECONDS", 30, least=1),
        least_free_disk=_integer(env, "CONGNHAN_LEAST_FREE_MB", 500) * 1024 * 1024,
        backup_dir=Path(env["BACKUP_DIR"]).resolve() if env.get("BACKUP_DIR") else None,
        log_level=_word(env, "CONGNHAN_LOG_LEVEL", LOG_LEVELS),
        log_format=_word(env, "CONGNHAN_LOG_FORMAT", ("json", "console")),
        log_key_file=Path(env["CONGNHAN_LOG_KEY_FILE"]).resolve()
        if env.get("CONGNHAN_LOG_KEY_FILE")
        else None,
        log_name=env.get("CONGNHAN_LOG_NAME", ""),
        witness_url=witness_url,
        witness_key=witness_key,
        language=env.get("CONGNHAN_LANGUAGE") or SOURCE_LANGUAGE,
    )


def normalise_database_url(url: str) -> str:
    """The driver is ours to choose: plain PostgreSQL addresses mean psycopg 3."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise BadConfiguration("DATABASE_URL phải là sqlite:///… hoặc postgresql://…")
    return url


def with_secrets_from_files(given: Mapping[str, str]) -> dict[str, str]:
    """The environment with each `NAME_FILE` read into NAME, and passwords put into the addresses they open.

    A file keeps a secret out of `docker inspect`, /proc and crash reports. A password of its own
    (`DATABASE_PASSWORD`) lets one file serve the database server and us. What NAME itself says wins.
    """
    env = dict(given)
    for name in SECRETS:
        path = env.pop(f"{name}_FILE", "")
        if path and not env.get(name):
            try:
                env[name] = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise BadConfiguration(f"{name}_FILE: không đọc được tệp {path}.") from error
    for address, password in PASSWORDS_OF.items():
        if env.get(address) and env.get(password):
            env[address] = _with_password(env[address], env[password])
    return env


def _with_password(url: str, password: str) -> str:
    parts = urlsplit(url)
    if parts.password is not None or not parts.username:
        return url
    opened = f"{parts.username}:{quote(password, safe='')}@{parts.netloc.rpartition('@')[2]}"
    return parts._replace(netloc=opened).geturl()


def _mail(env: Mapping[str, str], public_url: str) -> tuple[str, str]:
    """(SMTP_URL, MAIL_FROM), both or neither; what SMTP_URL says is read by notifications.smtp."""
    smtp_url, mail_from = env.get("SMTP_URL", ""), env.get("MAIL_FROM", "")
    if smtp_url and not (mail_from and public_url):
        missing = "MAIL_FROM" if not mail_from else "PUBLIC_URL"
        raise BadConfiguration(f"Đã đặt SMTP_URL nhưng chưa đặt {missing}; thư cần cả hai.")
    if smtp_url and not smtp_url.startswith(("smtp://", "smtps://")):
        raise BadConfiguration("SMTP_URL phải bắt đầu bằng smtp:// hoặc smtps://.")
    return smtp_url, mail_from


def _witness(env: Mapping[str, str]) -> tuple[str, str]:
    """(CONGNHAN_WITNESS_URL, CONGNHAN_WITNESS_KEY); a key without an address verifies only."""
    url, key = _address(env, "CONGNHAN_WITNESS_URL"), env.get("CONGNHAN_WITNESS_KEY", "")
    if url and not key:
        raise BadConfiguration("Đã đặt CONGNHAN_WITNESS_URL nhưng chưa đặt CONGNHAN_WITNESS_KEY.")
    return url, key


def _address(env: Mapping[str, str], name: str) -> str:
    text = env.get(name, "").rstrip("/")
    if text and not text.startswith(("http://", "https://")):
        raise BadConfiguration(f"{name} phải bắt đầu bằng https:// hoặc http://, đang là {text!r}.")
    return text


def _word(env: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    text = env.get(name, "").lower()
    if text and text not in allowed:
        raise BadConfiguration(f"{name} phải là một trong: {', '.join(allowed)}; đang là {text!r}.")
    return text


def _integer(env: dict[str, str], name: str, default: int, *, least: int = 0) -> int:
    text = env.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit():
        raise BadConfiguration(f"{name} phải là số nguyên, đang là {text!r}.")
    if int(text) < least:
        raise BadConfiguration(f"{name} phải từ {least} trở lên, đang là {text!r}.")
    return int(text)


def _stored_secret(data_dir: Path) -> str:
    """One secret per installation, kept beside the data so that restarts keep people logged in."""
    path = data_dir / "secret_key"
    if not path.exists():
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_text(secrets.token_hex(32), encoding="ascii")
        temporary.chmod(0o600)
        try:
            # link, not rename: of two processes starting at once the first one's key must stay.
            os.link(temporary, path)
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    return path.read_text(encoding="ascii").strip()
