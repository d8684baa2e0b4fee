"""Where a webhook may go: https, a host that the installation allows by name, and nothing clever. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from service.errors import BadInput
from service.wording import _

HTTPS_PORT = 443
LONGEST_URL = 500
# A name of letters with a last label that is no number: an address in digits has no certificate of its own.
_HOST = re.compile(
    r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", re.ASCII
)
_TARGET = re.compile(r"[!-~]*", re.ASCII)


@dataclass(frozen=True)
class Target:
    """What to connect to and what to ask there; `target` is path and query."""

    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The Host header."""
        return self.host if self.port == HTTPS_PORT else f"{self.host}:{self.port}"


def checked_url(url: str, allowed_hosts: Collection[str]) -> Target:
    """The parts of an address that may be told; raises BadInput saying what is wrong with it."""
    parts = _split(url)
    if parts is None:
        raise _bad(_("Địa chỉ webhook có dạng https://TÊN-MÁY/đường-dẫn, viết bằng chữ không dấu."))
    if parts.scheme != "https":
        raise _bad(_("Webhook chỉ gửi qua https."))
    if parts.username is not None or parts.password is not None or parts.fragment or "#" in url:
        raise _bad(_("Địa chỉ webhook không được chứa tên đăng nhập, mật khẩu hay dấu #."))
    host = (parts.hostname or "").lower()
    if _HOST.fullmatch(host) is None:
        raise _bad(_("Địa chỉ webhook phải nêu tên máy, không nêu địa chỉ số."))
    port = parts.port or HTTPS_PORT
    if (host if port == HTTPS_PORT else f"{host}:{port}") not in {
        one.removesuffix(":443") for one in allowed_hosts
    }:
        raise _bad(
            _(
                "Máy %(host)s%(port)s không có trong danh sách WEBHOOK_HOSTS; quản trị viên máy chủ phải "
                "thêm vào đó trước.",
                host=host,
                port="" if port == HTTPS_PORT else f":{port}",
            )
        )
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(host, port, target)


def _split(url: str) -> SplitResult | None:
    # Letters that parsers read differently (spaces, tabs, backslashes, other alphabets) are not discussed.
    if len(url) > LONGEST_URL or _TARGET.fullmatch(url) is None or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  raises ValueError outside 0..65535
    except ValueError:
        return None
    return parts


def _bad(sentence: str) -> BadInput:
    return BadInput(sentence, fields={"url": [sentence]})
