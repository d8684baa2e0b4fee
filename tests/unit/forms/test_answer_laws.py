"""Laws of the answers: cleaning twice is cleaning once, dumps are loads, nothing but ValidationError."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from forms import InvalidForm, form_keys, load_form, parse_form

IDS = ("1.1", "1.10", "2.6", "3.2")
anything = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.sampled_from(IDS)
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
words = st.one_of(
    st.text(max_size=12), st.sampled_from(["Có", "54,4%", " Đảm bảo ", "e\u0301", "a\r\nb", ""])
)
files = st.lists(st.uuids().map(str), max_size=2)
entries = st.fixed_dictionaries(
    {},
    optional={
        "raw": words,
        "decision": st.sampled_from([None, "met", "not_met", "not_applicable"]),
        "reason": words,
        "difficulty": words,
        "evidence": files,
        "agreed": st.sampled_from([None, True, False]),
    },
)
tables = st.dictionaries(st.sampled_from([*IDS, "3.2."]), entries, max_size=3)


def an_answer(component):  # noqa: PLR0911 - one case per type
    options = [option.value for option in component.options]
    match component.type:
        case "criteria":
            return tables
        case "criteria_reasons":
            return st.dictionaries(st.sampled_from(IDS), words, max_size=2)
        case "number":
            return st.one_of(
                st.decimals(0, 2_000, places=3, allow_nan=False).map(lambda n: str(n).replace(".", ",")),
                st.integers(0, 2_000),
            )
        case "select" | "radio":
            return st.sampled_from(options)
        case "checklist":
            return st.lists(st.sampled_from(options), max_size=4)
        case "datetime":
            return st.dates().map(str) if component.subtype == "date" else st.just("08:30")
        case "filepicker":
            return files
        case "dynamiclist":
            row = {child.key: words for child in component.children}
            return st.lists(st.fixed_dictionaries({}, optional=row), max_size=2)
    return words


@st.composite
def submissions(draw):
    form = load_form(draw(st.sampled_from(form_keys())))
    action = draw(st.sampled_from([a.name for a in form.actions]))
    optional = {component.key: st.none() | an_answer(component) for component in form.fields}
    answers = draw(st.fixed_dictionaries({"action": st.just(action)}, optional=optional))
    return form, action, answers, draw(st.booleans())


@settings(deadline=None)
@given(submissions())
def test_loading_is_idempotent_and_dumping_changes_nothing(submission):
    form, action, answers, partial = submission
    schema = form.schema(action, IDS, partial=partial)
    try:
        loaded = schema.load(answers)
    except ValidationError as error:
        assert error.messages  # noqa: PT017 - most random submissions are refused, each with its sentences
        return

    assert schema.dump(loaded) == loaded
    assert schema.load(loaded) == loaded
    assert json.loads(json.dumps(loaded)) == loaded
    assert set(form.routing(loaded)) == {"action", *(c.key for c in form.fields if c.routed)}


@settings(deadline=None)
@given(st.sampled_from(form_keys()), anything, st.booleans())
def test_any_body_is_loaded_or_refused(key, body, partial):
    form = load_form(key)
    action = form.actions[0].name

    try:
        form.schema(action, IDS, partial=partial).load(body)
    except ValidationError as error:
        assert error.messages  # noqa: PT017


@settings(deadline=None)
@given(st.data(), anything)
def test_any_value_in_any_field_is_loaded_or_refused(data, value):
    form = load_form(data.draw(st.sampled_from(form_keys())))
    component = data.draw(st.sampled_from(form.fields))
    schema = form.schema(form.actions[-1].name, IDS, partial=True)

    try:
        schema.load({component.key: value})
    except ValidationError as error:
        assert component.key in error.messages  # noqa: PT017
    form.visible({component.key: value, "action": value})
    form.evidence_ids({})


@settings(deadline=None)
@given(anything, anything)
def test_any_definition_is_compiled_or_refused(components, properties):
    body = {
        "type": "default",
        "id": "x",
        "schemaVersion": 16,
        "components": components,
        "properties": properties,
    }

    with pytest.raises(InvalidForm):
        parse_form(json.dumps(body).encode(), "x.form")


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused(raw):
    with pytest.raises(InvalidForm):
        parse_form(raw, "x.form")
