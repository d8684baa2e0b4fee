"""/messages: sent by administrators, read by auditors too."""

from __future__ import annotations

from tests.builders import case_of
from tests.integration.api.client import Api
from tests.integration.service.correspondence import carry, receiving_procedure
from tests.integration.service.scenes import a_case_of


def test_the_api_sends_once_per_key_and_tells_what_became_of_it(api: Api) -> None:
    with api.inside():
        code = case_of(a_case_of(receiving_procedure(2))).code
    body = {"name": "note", "to": {"case": code}, "payload": {"number": 1}}
    administrator = api.a("quantri")

    first = administrator.post("/messages", body, key="a", expect=202)
    again = administrator.post("/messages", body, key="a", expect=202)
    with api.inside():
        carry()

    assert first == again
    assert administrator.get("/messages/progress", **first) == {
        "waiting": 0,
        "delivered": 1,
        "expired": 0,
        "posted": True,
    }
    (line,) = administrator.get("/messages", state="delivered")["items"]
    assert (line["name"], line["receiver"], line["sender"]) == ("note", code, "")


def test_who_may_only_read_does_not_send(api: Api) -> None:
    with api.inside():
        receiving_procedure(1)
    body = {"name": "note", "to": {"procedure": "receiving", "commune": "xa-thi-du", "year": 2023}}

    api.a("so-tttt-giamdoc").post("/messages", body, expect=403)
    api.a("kiemtra").post("/messages", body, expect=403)
    assert api.a("kiemtra").get("/messages") == {"items": []}
