"""*Biên nhận số*: who may take it, that it is whole, and what it says before there is a checkpoint."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from service.audit.log_keys import known_keys, rotate_key
from service.audit.witnessing import ask_witness
from service.cases.operations import withdraw_case
from tests.builders import NOON, an_open_case, do_step, person, story_answers
from tests.integration.audit.logs import WITNESS, a_witness, keep_and_sign, settings
from tests.integration.web.conftest import Visitor
from verifier import congnhan_verify as verifier

AsPerson = Callable[[str], Visitor]
Behind = Callable[[Callable[[], Any]], Any]


def a_signed_case() -> Any:
    """Its self-assessment is signed: event 2 or later of the case."""
    case_id = an_open_case()
    do_step(case_id, "self_assess")
    return case_id


def seq_of_the_signature(case_id: Any) -> int:
    from sqlalchemy import select

    from service.database import db
    from service.models import Submission

    db.session.rollback()
    return db.session.execute(select(Submission.seq).where(Submission.case_id == case_id)).scalars().one()


@pytest.fixture
def act(behind: Behind) -> tuple[Any, str]:
    """A case, and the address of the receipt for its signed self-assessment; nothing is in the tree yet."""
    case_id = behind(a_signed_case)
    seq = behind(lambda: seq_of_the_signature(case_id))
    return case_id, f"/ho-so/{case_id}/bien-nhan/{seq}"


def test_before_the_first_key_it_says_what_to_do(web: Flask, as_person: AsPerson, act: tuple[Any, str]):
    answer = as_person("xa-thidu-lanhdao").get(act[1])

    assert answer.status_code == 409
    assert "thử lại sau vài giây" in answer.text


def test_it_is_a_promise_first_and_a_proof_under_a_witness_then(
    web: Flask, as_person: AsPerson, behind: Behind, act: tuple[Any, str], tmp_path: Path
):
    case_id, address = act
    leader = as_person("xa-thidu-lanhdao")
    behind(lambda: rotate_key(settings(), NOON))  # there is a key, and no checkpoint

    promise = leader.get(address)
    in_words = leader.get(f"{address}?dang=chu").text
    behind(keep_and_sign)
    unwitnessed = json.loads(leader.get(address).data)
    behind(lambda: ask_witness(settings(), a_witness(tmp_path)))
    web.config["SETTINGS"] = replace(web.config["SETTINGS"], witness_key=str(WITNESS.public))
    proof = leader.get(address)

    assert promise.headers["Content-Disposition"].startswith('attachment; filename="bien-nhan-')
    assert json.loads(promise.data)["proof"] is None
    first = verifier.verify(promise.data)
    assert (first["verdict"], first["size"]) == ("whole", None)
    assert "lời xác nhận của nhật ký" in in_words
    assert json.loads(promise.data)["note"] in in_words
    assert unwitnessed["keys"]["witnesses"] == []
    log_key = behind(lambda: str(known_keys()[0].key))
    last = verifier.verify(proof.data, [log_key], [str(WITNESS.public)])
    assert (last["verdict"], list(last["witnesses"])) == ("whole", [WITNESS.name])
    assert last["facts"]["stream"] == f"case {case_id}"
    assert "không ai, kể cả người vận hành" in leader.get(f"{address}?dang=chu").text
    [part] = json.loads(proof.data)["parts"]
    answers = json.loads(part["content"])["answers"]
    assert answers.keys() >= story_answers("self_assess").keys() - {"files"}


def test_who_may_have_it(web: Flask, as_person: AsPerson, behind: Behind, act: tuple[Any, str]):
    case_id, address = act
    behind(keep_and_sign)

    for username in ("xa-thidu-lanhdao", "xa-thidu-chuyenvien", "kiemtra"):
        assert as_person(username).get(address).status_code == 200, username
        assert address in as_person(username).page(f"/ho-so/{case_id}?tab=qua-trinh")
    for username in ("huyen-bimson-chuyenvien", "so-tttt-giamdoc", "tinh-chutich", "xa-minhhoa-lanhdao"):
        assert as_person(username).get(address).status_code == 404, username
    auditor = as_person("kiemtra")
    assert auditor.get(f"/ho-so/{case_id}/bien-nhan/1").status_code == 404  # opening hands nothing over
    assert auditor.get(f"/ho-so/{case_id}/bien-nhan/99").status_code == 404
    assert address not in as_person("huyen-bimson-chuyenvien").page(f"/ho-so/{case_id}?tab=qua-trinh")
    assert address in as_person("xa-thidu-lanhdao").page(f"/ho-so/{case_id}/phieu-tiep-nhan")


def test_a_withdrawal_has_one_with_its_reason(web: Flask, as_person: AsPerson, behind: Behind):
    case_id = behind(an_open_case)
    leader = person_in(behind, "xa-thidu-lanhdao")
    reason = "Xã xin rút để bổ sung"
    behind(lambda: withdraw_case(case_id=case_id, reason=reason, by=leader, now=NOON))
    behind(keep_and_sign)

    answer = as_person("xa-thidu-chuyenvien").get(f"/ho-so/{case_id}/bien-nhan/2")

    assert verifier.verify(answer.data)["verdict"] == "whole"
    assert json.loads(answer.data)["parts"][0]["content"] == reason


def person_in(behind: Behind, username: str) -> Any:
    return behind(lambda: person(username))


def test_a_key_that_is_no_longer_in_force_signs_no_receipt(
    web: Flask, as_person: AsPerson, behind: Behind, act: tuple[Any, str]
):
    path = web.config["SETTINGS"].log_key_path
    behind(keep_and_sign)
    former = path.read_text()
    behind(lambda: rotate_key(settings(), NOON))
    path.write_text(former)

    assert as_person("xa-thidu-lanhdao").get(act[1]).status_code == 409
