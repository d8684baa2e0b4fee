"""Where the login and the clerk's page send somebody afterwards: only to pages of this site."""

from __future__ import annotations

import pytest
from flask import Flask

from service.web.addresses import local_address
from tests.integration.web.conftest import Visitor

ELSEWHERE = [
    "",
    "evil.example",
    "//evil.example",
    "///evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    "/\n/evil.example",
    "/\r\n/evil.example",
    "/\x00/evil.example",
    "/\u200b/evil.example",
    "/\u2028/evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/viec\\..\\evil",
    "/%09/evil.example",
    "/%2Fevil.example",
    "/%5Cevil.example",
    "%2F%2Fevil.example",
    "https://evil.example",
    "https:/evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "JaVaScript:alert(1)",
    "/\uff0fevil.example",
    "\uff0f\uff0fevil.example",
    "/\u2215evil.example",
    "//[evil",
]


@pytest.mark.parametrize("address", ELSEWHERE)
def test_an_address_that_could_lead_elsewhere_becomes_the_worklist(web: Flask, address: str) -> None:
    with web.test_request_context():
        assert local_address(address) == "/viec"


@pytest.mark.parametrize(
    "address", ["/", "/ho-so", "/ho-so?tim=Th%C3%AD+D%E1%BB%A5&sau=2", "/ho-so?tim=https://a.vn/b", "/a#phan"]
)
def test_a_page_of_this_site_is_kept(web: Flask, address: str) -> None:
    with web.test_request_context():
        assert local_address(address) == address


@pytest.mark.parametrize("address", ["/\t/evil.example", "//evil.example", "/\\evil.example"])
def test_who_is_logged_in_already_is_not_led_elsewhere(visitor: Visitor, address: str) -> None:
    visitor.log_in("quantri")

    answer = visitor.client.get("/dang-nhap", query_string={"next": address})

    assert (answer.status_code, answer.location) == (302, "/viec")
