"""Texts travel compressed where the reader accepts it, and mean the same."""

import gzip

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

GZIP = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def get(client: FlaskClient, address: str, headers: dict[str, str]) -> TestResponse:
    return client.get(address, headers=headers, buffered=True)


@pytest.mark.parametrize("address", ["/dang-nhap", "/static/dist/app.css", "/static/dist/app.js"])
def test_a_text_arrives_smaller_and_the_same(client: FlaskClient, address: str):
    plain = get(client, address, headers={"Accept-Encoding": "identity"})
    packed = get(client, address, headers=GZIP)

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(plain.data)
    if address.startswith("/static"):
        assert gzip.decompress(packed.data) == plain.data
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]


def test_a_style_sheet_that_the_browser_has_is_not_sent_again(client: FlaskClient):
    first = get(client, "/static/dist/app.css", headers=GZIP)

    again = get(client, "/static/dist/app.css", headers=GZIP | {"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 304
    assert again.data == b""


def test_what_is_compressed_already_and_what_is_tiny_goes_as_it_is(client: FlaskClient):
    font = get(client, "/static/dist/fonts/be-vietnam-pro-latin-400-normal.woff2", headers=GZIP)
    redirected = get(client, "/", headers=GZIP)

    assert "Content-Encoding" not in font.headers
    assert redirected.status_code == 302
    assert "Content-Encoding" not in redirected.headers


def test_a_part_of_a_file_is_counted_in_its_own_bytes(client: FlaskClient):
    part = get(client, "/static/dist/app.css", headers=GZIP | {"Range": "bytes=0-99"})

    assert part.status_code == 206
    assert len(part.data) == 100
    assert "Content-Encoding" not in part.headers
