"""The packaged forms, against the procedure table of Phụ lục 02 (typed from the text, not from the files)."""

import json
from importlib import resources

import pytest

from forms import UnknownForm, form_keys, load_form, parse_form
from forms.components import walk

ACTIONS = {
    "self_assess": {"complete": "Gửi thẩm định"},
    "district_appraise": {"complete": "Gửi lấy ý kiến", "return": "Trả lại bổ sung"},
    "member_opinion": {"complete": "Gửi ý kiến", "return": "Đề nghị bổ sung"},
    "district_consolidate": {"complete": "Gửi Sở thẩm tra", "return": "Trả lại bổ sung"},
    "department_verify": {"complete": "Ghi kết quả thẩm tra", "return": "Trả lại bổ sung"},
    "reconciliation_meeting": {"complete": "Ghi kết quả Hội nghị", "return": "Trả lại bổ sung"},
    "department_submit": {"complete": "Trình Chủ tịch UBND tỉnh"},
    "chairman_decide": {"recognise": "Công nhận", "refuse": "Không công nhận", "return": "Chuyển lại Sở"},
}
TITLES = {
    "self_assess": "Tự đánh giá, lập hồ sơ đề nghị thẩm định",
    "district_appraise": "Thẩm định, đánh giá, gửi lấy ý kiến",
    "member_opinion": "Kiểm tra, thẩm định, tham gia ý kiến",
    "district_consolidate": "Hoàn thiện, tổng hợp hồ sơ gửi Sở",
    "department_verify": "Thẩm tra, đánh giá độc lập",
    "reconciliation_meeting": "Hội nghị trao đổi, làm rõ",
    "department_submit": "Tổng hợp, trình Chủ tịch UBND tỉnh",
    "chairman_decide": "Xem xét, công nhận",
}
LEVELS = {
    "self_assess": "commune",
    "district_appraise": "district",
    "member_opinion": "member",
    "department_verify": "department",
    "reconciliation_meeting": "meeting",
}


def words_of(key):
    form = load_form(key)
    said = [form.title, *(action.label for action in form.actions)]
    for part in walk(form.components, into_lists=True):
        said += [part.label, part.description, part.text, *(option.label for option in part.options)]
    return " ".join(said).lower()


def test_every_human_task_has_a_form():
    assert set(form_keys()) == set(ACTIONS)


@pytest.mark.parametrize("key", ACTIONS)
def test_a_form_has_the_title_and_buttons_of_its_step(key):
    form = load_form(key)

    assert form.key == key
    assert form.title == TITLES[key]
    assert {action.name: action.label for action in form.actions} == ACTIONS[key]


@pytest.mark.parametrize(("key", "level"), LEVELS.items())
def test_an_assessing_step_has_the_criteria_table_of_its_level(key, level):
    table = load_form(key).component("criteria")

    assert table.type == "criteria"
    assert table.level == level


def test_only_a_commune_cannot_decide_an_undecided_criterion():
    assert load_form("self_assess").component("criteria").decisions == ()
    for key in ("district_appraise", "member_opinion", "department_verify", "reconciliation_meeting"):
        assert load_form(key).component("criteria").decisions == ("met", "not_met", "not_applicable")


@pytest.mark.parametrize("key", ["self_assess", "district_appraise", "member_opinion"])
def test_district_and_member_appraise_and_never_verify(key):
    assert "thẩm tra" not in words_of(key)


@pytest.mark.parametrize("key", ["department_verify", "reconciliation_meeting", "department_submit"])
def test_the_department_verifies_and_never_appraises(key):
    assert "thẩm định" not in words_of(key)


@pytest.mark.parametrize("key", [key for key, actions in ACTIONS.items() if "return" in actions])
def test_what_a_return_needs_shows_only_on_a_return(key):
    form = load_form(key)
    reason = form.component("reason")

    assert reason.id in form.visible({"action": "return"})
    assert reason.id not in form.visible({"action": form.actions[0].name})


@pytest.mark.parametrize("key", ACTIONS)
def test_only_the_action_and_the_new_due_date_route(key):
    form = load_form(key)

    assert [part.key for part in form.fields if part.routed] == [
        part.key for part in form.fields if part.key == "due_on"
    ]


@pytest.mark.parametrize("key", ACTIONS)
def test_the_content_hash_ignores_layout_and_sees_content(key):
    raw = (resources.files("forms") / "definitions" / f"{key}.form").read_bytes()
    data = json.loads(raw)
    reordered = json.dumps(dict(reversed(data.items()))).encode()
    data["components"][0]["text" if data["components"][0]["type"] == "text" else "label"] = "Khác"

    assert parse_form(reordered, "x").content_hash == load_form(key).content_hash
    assert parse_form(json.dumps(data).encode(), "x").content_hash != load_form(key).content_hash


@pytest.mark.parametrize(
    "key", ["", "no_such_form", "../schema", "self_assess.form", "SELF_ASSESS", "a" * 1000]
)
def test_an_unknown_form_is_refused(key):
    with pytest.raises(UnknownForm):
        load_form(key)
