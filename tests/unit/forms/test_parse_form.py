"""Definitions that are malformed, huge or hostile are refused in words."""

import json

import pytest

from forms import InvalidForm, parse_form
from tests.quickly import within_seconds


def a_field(**changes):
    return {"type": "textfield", "key": "note", "id": "note", "label": "Ghi chú", **changes}


def a_definition(*components, **changes):
    return {
        "type": "default",
        "id": "sample",
        "schemaVersion": 16,
        "properties": {"actions": "complete", "action.complete": "Gửi"},
        "components": list(components) or [a_field()],
        **changes,
    }


def compile_form(definition):
    return parse_form(json.dumps(definition).encode(), "sample.form")


def problems_of(*components, **changes):
    with pytest.raises(InvalidForm) as refused:
        compile_form(a_definition(*components, **changes))
    assert "sample.form" in str(refused.value)
    return " ".join(refused.value.problems)


def test_a_small_form_compiles():
    form = compile_form(a_definition(a_field(validate={"required": True, "maxLength": 10})))

    (note,) = form.fields
    assert (note.key, note.label, note.required, note.bounds.max_length) == ("note", "Ghi chú", True, 10)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "JSON sai"),
        (b"{", "JSON sai ở dòng 1"),
        (b"[]", "đối tượng JSON"),
        (b'"x"', "đối tượng JSON"),
        (b"\xff\xfe", "UTF-8"),
        (b'{"a": NaN}', "không phải là một số"),
        (b'{"a": 1e999}', "quá dài hoặc viết dạng lũy thừa"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "quá dài"),
        (b'{"a": 1, "a": 2}', "xuất hiện hai lần"),
        (b'{"a":' * 100_000, "KB"),
        (b'{"a":' * 1_000, "lồng nhau"),
        (b"[" * 100_000, "lồng nhau"),
        (b'{"x": "' + b"a" * 300_000 + b'"}', "KB"),
        (b'{"id": "\\ud800"}', "surrogate"),
        (b"PK\x03\x04", "JSON sai"),
        ("<form/>".encode("utf-16"), "UTF-8"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_is_no_json_form_is_refused_in_words_and_fast(raw, words):
    with within_seconds(0.5), pytest.raises(InvalidForm, match=words):
        parse_form(raw, "sample.form")


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ({"type": "html", "content": "<b>x</b>"}, "không nhận HTML"),
        ({"type": "iframe", "url": "https://example.org"}, "trang ngoài"),
        ({"type": "button", "key": "ok", "label": "OK"}, "properties.actions"),
        ({"type": "table", "id": "t"}, "dynamiclist"),
        ({"type": "hologram"}, "“hologram”: không dùng được"),
        ({"type": ["x"]}, "không dùng được"),
        ({}, "không dùng được"),
        ({"type": "text", "id": "t", "text": "<script>x</script>"}, "chữ thuần"),
        ({"type": "text", "id": "t", "text": '=“a" + b'}, "chữ thuần"),
        ({"type": "text", "id": "t"}, "thiếu text"),
        (a_field(label="<img src=x onerror=y>"), "chữ thuần"),
        (a_field(label="{{ config }}"), "chữ thuần"),
        (a_field(label=5), "label phải là chữ"),
        (a_field(label="a\u0000b"), "ký tự điều khiển"),
        (a_field(label=""), "thiếu label"),
        (a_field(key=""), "thiếu key"),
        (a_field(key="Ghi chú"), "key phải là chữ thường"),
        (a_field(key="a.b"), "key phải là chữ thường"),
        (a_field(key="action"), "khác “action”"),
        (a_field(id="x y"), "thiếu id"),
        (a_field(validate={"pattern": "(a+)+$"}), "regex không được nhận"),
        (a_field(validate={"custom": 1}), "không hiểu quy tắc"),
        (a_field(validate=[]), "validate phải là"),
        (a_field(validate={"required": "yes"}), "required"),
        (a_field(validate={"maxLength": -1}), "maxLength phải là số nguyên"),
        (a_field(validate={"maxLength": 10.5}), "maxLength phải là số nguyên"),
        (a_field(validate={"minLength": 5, "maxLength": 3}), "minLength lớn hơn maxLength"),
        (a_field(validate={"min": 1}), "chỉ dùng cho ô số"),
        (a_field(type="number", validate={"min": 2, "max": 1}), "min lớn hơn max"),
        (a_field(type="number", validate={"min": "1"}), "min phải là số"),
        (a_field(type="select"), "values phải có"),
        (a_field(type="select", values=[]), "values phải có"),
        (a_field(type="select", values=[{"value": "a", "label": "A"}] * 2), "cùng value"),
        (a_field(type="select", values=[{"value": 1, "label": "A"}]), "value phải là chữ"),
        (a_field(type="select", values=["a"]), "value và label"),
        (a_field(type="select", valuesKey="x", values=[{"value": "a", "label": "A"}]), "valuesKey"),
        (a_field(defaultValue="x"), "defaultValue"),
        (a_field(readonly=True), "readonly"),
        (a_field(type="datetime", subtype="datetime"), "subtype"),
        (a_field(conditional={"hide": "=note = "}), "chưa kết thúc"),
        (a_field(conditional={"hide": "note"}), "dấu “=”"),
        (a_field(conditional={"hide": '=nope = "x"'}), "Không có biến “nope”"),
        (a_field(conditional={"hide": '=note = "x"'}), "chỉ đọc được action và các trường phía trên"),
        (a_field(conditional={"hide": "=1"}), "cần đúng/sai"),
        (a_field(conditional={"show": "=true"}), "chỉ nhận “hide”"),
        (a_field(conditional={"hide": '=deadline("x") = null'}), "Không có hàm"),
        (a_field(properties={"valid": "=note = 1", "validMessage": "x"}), "Không so sánh được"),
        (a_field(properties={"valid": '=note != "x"'}), "validMessage"),
        (a_field(properties={"routing": "true"}, type="textarea"), "rẽ nhánh"),
        (a_field(properties={"x": 1}), "properties phải là"),
        (a_field(properties=[]), "properties phải là"),
        (a_field(type="criteria"), "properties.level"),
        (a_field(type="criteria", properties={"level": "king"}), "properties.level"),
        (a_field(type="criteria", properties={"level": "member", "decisions": "x"}), "properties.decisions"),
        (a_field(type="criteria", properties={"level": "member", "columns": "x"}), "properties.columns"),
        ({"type": "group", "id": "g", "components": "x"}, "danh sách các thành phần"),
        ({"type": "group", "id": "g", "path": "x", "components": []}, "đường dẫn"),
        ({"type": "dynamiclist", "path": "rows", "label": "R", "components": []}, "không có cột"),
        ({"type": "dynamiclist", "path": "rows", "label": "R",
          "components": [a_field(conditional={"hide": "=true"})]}, "trường đơn"),
        ({"type": "dynamiclist", "path": "rows", "label": "R",
          "components": [a_field(type="filepicker")]}, "trường đơn"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)  # fmt: skip
def test_a_component_outside_the_rules_is_refused_in_words(field, words):
    assert words in problems_of(field)


def test_duplicate_keys_and_ids_are_refused():
    said = problems_of(a_field(), a_field(), {"type": "text", "id": "note", "text": "x"})

    assert "key “note” đã dùng" in said
    assert "id “note” xuất hiện hai lần" in said


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"type": "other"}, "“default”"),
        ({"schemaVersion": 99}, "schemaVersion"),
        ({"schemaVersion": None}, "schemaVersion"),
        ({"id": "Bad Id"}, "thiếu id"),
        ({"id": None}, "thiếu id"),
        ({"components": None}, "danh sách các thành phần"),
        ({"components": []}, "không có thành phần nào"),
        ({"components": [a_field(key=f"f{n}", id=f"f{n}") for n in range(201)]}, "quá 200"),
        ({"properties": None}, "ít nhất một hành động"),
        ({"properties": {"actions": "complete"}}, "thiếu nhãn của nút"),
        ({"properties": {"actions": "a,a", "action.a": "A"}}, "hai lần"),
        ({"properties": {"actions": "A b", "action.A b": "A"}}, "chữ thường"),
        ({"properties": {"actions": "a", "action.a": "A", "oneOf.b": "note"}}, "không có hành động “b”"),
        ({"properties": {"actions": "a", "action.a": "A", "oneOf.a": "nope"}}, "không có trường “nope”"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_form_outside_the_rules_is_refused_in_words(changes, words):
    assert words in problems_of(**changes)


def test_all_problems_are_reported_at_once_and_name_their_component():
    said = problems_of(a_field(label=""), a_field(key="other", id="other", validate={"pattern": "x"}))

    assert "Thành phần “note”: thiếu label." in said
    assert "Thành phần “other”: validate.pattern" in said
