"""Where webhooks may go, which addresses are public, and how a message is signed."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address

import pytest

from service.errors import BadInput
from service.notifications.public_addresses import is_public
from service.notifications.webhook_sending import signed_headers
from service.notifications.webhook_urls import Target, checked_url

ALLOWED = ("hooks.example.vn", "api.example.vn:8443")


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://hooks.example.vn/congnhan?k=1", Target("hooks.example.vn", 443, "/congnhan?k=1")),
        ("https://HOOKS.example.vn", Target("hooks.example.vn", 443, "/")),
        ("https://hooks.example.vn:443/a", Target("hooks.example.vn", 443, "/a")),
        ("https://api.example.vn:8443/a", Target("api.example.vn", 8443, "/a")),
    ],
)
def test_an_allowed_host_may_be_told(url: str, target: Target) -> None:
    assert checked_url(url, ALLOWED) == target


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.vn/",
        "ftp://hooks.example.vn/",
        "//hooks.example.vn/",
        "hooks.example.vn",
        "",
        "https://",
        "https://hooks.example.vn:8443/",  # another port of an allowed host
        "https://api.example.vn/",
        "https://other.example.vn/",
        "https://hooks.example.vn.evil.example/",
        "https://xhooks.example.vn/",
        "https://hooks.example.vn@evil.example/",
        "https://user@hooks.example.vn/",
        "https://user:secret@hooks.example.vn/",
        "https://hooks.example.vn/#part",
        "https://hooks.example.vn/#",
        "https://hooks.example.vn\\@evil.example/",
        "https://evil.example\\.hooks.example.vn/",
        "https://hooks.example.vn./",
        "https://hooks.example.vn:99999/",
        "https://hooks.example.vn:x/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://localhost/",
        "https://hooks.example.vn/a b",
        "https://hooks.example.vn/\r\nX-Evil: 1",
        "https://hooks.example.vn\t/",
        "https://hooks。example.vn/",
        "https://hooks.example.vn/" + "a" * 500,
    ],
)
def test_anything_else_is_refused(url: str) -> None:
    with pytest.raises(BadInput) as refused:
        checked_url(url, (*ALLOWED, "127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1"))

    assert list(refused.value.fields) == ["url"]


def test_without_a_list_nobody_is_told() -> None:
    with pytest.raises(BadInput, match="WEBHOOK_HOSTS"):
        checked_url("https://hooks.example.vn/", ())


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",  # CGNAT, RFC 6598
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",  # the clouds' metadata service
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",  # IPv4-mapped
        "::ffff:8.8.8.8",
        "::127.0.0.1",  # IPv4-compatible
        "64:ff9b::7f00:1",  # NAT64, RFC 6052
        "64:ff9b::808:808",
        "64:ff9b:1::1",  # local NAT64, RFC 8215
        "100::1",  # discard only
        "2001::1",  # Teredo
        "2001:db8::1",
        "2002:7f00:1::",  # 6to4 of 127.0.0.1
        "3fff::1",
        "5f00::1",
        "fc00::1",  # ULA
        "fd12:3456:789a::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_what_is_not_of_the_public_internet_is_told_apart(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "203.162.4.190",
        "223.255.255.255",
        "2001:4860:4860::8888",
        "2400:cb00::1",
        "2606:4700:4700::1111",
        "2a00:1450::1",
    ],
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ip_address(address))


def test_a_message_is_signed_as_the_specification_shows() -> None:
    """The worked example of the Standard Webhooks specification."""
    headers = signed_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        datetime.fromtimestamp(1614265330, UTC),
    )

    assert headers == {
        "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "Webhook-Timestamp": "1614265330",
        "Webhook-Signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_while_keys_change_both_sign() -> None:
    """The same example, its key as the former of two."""
    headers = signed_headers(
        "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        datetime.fromtimestamp(1614265330, UTC),
    )

    new, former = headers["Webhook-Signature"].split()
    assert former == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert new != former
