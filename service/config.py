"""Settings: everything by environment, with defaults that work on an empty machine."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from service.errors import BadConfiguration

LOCAL_TIME_ZONE = "Asia/Ho_Chi_Minh"
# Published on purpose: demo accounts are refused off this machine.
DEMO_PASSWORD = "trinh-dien-2023"  # noqa: S105


@dataclass(frozen=True)
class Settings:
    """What an installation may choose. `database_url` is SQLAlchemy's; sizes are bytes.

    `trusted_proxies` is how many proxies of our own stand before the application and add to X-Forwarded-For.
    """

    database_url: str
    data_dir: Path
    redis_url: str | None = None
    secret_key: str = ""
    demo: bool = False
    host: str = "127.0.0.1"
    port: int = 8080
    session_hours: int = 10
    largest_file: int = 50 * 1024 * 1024
    secure_cookies: bool = False
    trusted_proxies: int = 0

    @property
    def files_dir(self) -> Path:
        return self.data_dir / "files"

    @property
    def is_loopback(self) -> bool:
        return self.host in {"127.0.0.1", "::1", "localhost"}


def from_environment(env: dict[str, str] | None = None) -> Settings:
    """Settings from the process environment; raises BadConfiguration naming the variable."""
    env = dict(os.environ if env is None else env)
    data_dir = Path(env.get("CONGNHAN_DATA", "var")).resolve()
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadConfiguration(
            f"CONGNHAN_DATA: không tạo được thư mục {data_dir} ({error.strerror})."
        ) from error
    database_url = env.get("DATABASE_URL") or f"sqlite:///{data_dir / 'congnhan.db'}"
    return Settings(
        database_url=normalise_database_url(database_url),
        data_dir=data_dir,
        redis_url=env.get("REDIS_URL") or None,
        secret_key=env.get("SECRET_KEY") or _stored_secret(data_dir),
        demo=env.get("CONGNHAN_DEMO", "") == "1",
        host=env.get("CONGNHAN_HOST", "127.0.0.1"),
        port=_integer(env, "CONGNHAN_PORT", 8080),
        session_hours=_integer(env, "CONGNHAN_SESSION_HOURS", 10),
        largest_file=_integer(env, "CONGNHAN_LARGEST_FILE_MB", 50) * 1024 * 1024,
        secure_cookies=env.get("CONGNHAN_SECURE_COOKIES", "") == "1",
        trusted_proxies=_integer(env, "CONGNHAN_TRUSTED_PROXIES", 0),
    )


def normalise_database_url(url: str) -> str:
    """The driver is ours to choose: plain PostgreSQL addresses mean psycopg 3."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise BadConfiguration("DATABASE_URL phải là sqlite:///… hoặc postgresql://…")
    return url


def _integer(env: dict[str, str], name: str, default: int) -> int:
    text = env.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit():
        raise BadConfiguration(f"{name} phải là số nguyên, đang là {text!r}.")
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
