"""The marshmallow schema of a form's answers, built from its components."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, pre_load, validates_schema

from forms.cleaning import clean, is_empty
from forms.components import TEXTS, Component
from forms.criteria import clean_criteria, clean_reasons
from service.engine.expressions import Expression, ExpressionFailed

if TYPE_CHECKING:
    from forms.schema import Form

# How the sentence of a required field ends in which nothing stands.
IS_EMPTY = ": bắt buộc nhập."
# Nothing that a form asks for happened before; a year typed by halves reads as 0002 or 0202.
EARLIEST_DAY = date(2000, 1, 1)
# A return needs no finished assessment, only these.
RETURN_KEYS = frozenset({"reason", "criteria_reasons", "due_on"})


class Answer(fields.Field[Any]):
    """One field of a form; loads to its normal form and dumps as it is."""

    default_error_messages = {"validator_failed": "Giá trị không hợp lệ."}  # noqa: RUF012 - as marshmallow has it

    def __init__(self, component: Component, criteria_ids: tuple[str, ...], *, partial: bool) -> None:
        super().__init__(
            allow_none=True, metadata={"title": component.label, "description": component.description}
        )
        self._component = component
        self._criteria_ids = criteria_ids
        self._partial = partial

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        component = self._component
        if component.type == "criteria":
            return clean_criteria(component, value, self._criteria_ids, partial=self._partial)
        if component.type == "criteria_reasons":
            return clean_reasons(component, value, self._criteria_ids)
        return clean(component, value)


class ActionName(fields.Field[str]):
    """The button that was pressed; only the one that the schema was made for."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(allow_none=False, metadata={"enum": list(names)})
        self._names = names

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> str:
        if not isinstance(value, str) or value not in self._names:
            raise ValidationError("Hành động không hợp lệ ở bước này.")
        return value


class AnswersSchema(Schema):
    """Base of the generated schemas; `form`, `for_action` and `partial_load` are set on each."""

    class Meta:
        unknown = RAISE

    error_messages = {  # noqa: RUF012 - as marshmallow has it
        "unknown": "Biểu mẫu không có trường này.",
        "type": "Câu trả lời phải là một đối tượng.",
    }
    form: Form
    for_action: str | None
    partial_load: bool
    # The day of the act, for dates that may not lie ahead.
    today: date | None = None

    @pre_load
    def drop_hidden(self, data: Any, **_kwargs: Any) -> Any:
        """Leave out the answers of fields that the other answers hide."""
        if not isinstance(data, Mapping):
            return data
        if self.for_action is not None and "action" not in data and self.partial_load:
            data = {**data, "action": self.for_action}
        shown = self.form.visible(data)
        hidden = {component.key for component in self.form.fields if component.id not in shown}
        return {key: value for key, value in data.items() if key not in hidden}

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def check_together(self, data: dict[str, Any], original: Any, **_kwargs: Any) -> None:
        """What a single field cannot know: required fields, conditions, at least one of several."""
        if self.partial_load or not isinstance(original, Mapping):
            return
        errors: dict[str, Any] = {}
        if "action" not in original:
            errors["action"] = ["Thiếu hành động."]
        shown = self.form.visible({**data, "action": self.for_action})
        scope = self.form.scope({**data, "action": self.for_action})
        for component in self.form.fields:
            if component.id not in shown:
                continue
            if not _refused(component.key, data, original):
                found = self._problems(component, data.get(component.key), scope)
            elif component.type == "dynamiclist" and not self._unfinished(component):
                # A cell was refused: what is missing in the other cells is told at the same time.
                found = _row_problems(component, original.get(component.key))
            else:
                found = None
            errors |= {component.key: found} if found else {}
        named = self.form.one_of.get(self.for_action or "", ())
        if named and all(is_empty(data.get(key)) and not _refused(key, data, original) for key in named):
            labels = " hoặc ".join(f"“{self.form.component(key).label}”" for key in named)
            errors.setdefault(named[0], [f"Phải nhập {labels}."])
        if errors:
            raise ValidationError(errors)

    @post_load
    def keep_answered(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Only what was answered, in the order of the form."""
        order = ["action", *(component.key for component in self.form.fields)]
        return {key: data[key] for key in order if key in data and not is_empty(data[key])}

    def _problems(self, component: Component, value: Any, scope: Mapping[str, object]) -> Any:
        label = f"“{component.label}”"
        if is_empty(value) or (component.type == "checkbox" and value is False and component.required):
            return [f"{label}{IS_EMPTY}"] if self._needs(component, scope) else []
        if self._unfinished(component):
            return []
        if component.type in TEXTS and len(value) < (component.bounds.min_length or 0):
            return [f"{label}: cần ít nhất {component.bounds.min_length} ký tự."]
        if component.valid is not None and _outcome(component.valid, scope) is False:
            return [component.valid_message]
        if component.type == "dynamiclist":
            return _row_problems(component, value)
        return self._day_problems(component, value)

    def _day_problems(self, component: Component, value: Any) -> list[str]:
        """A date that cannot be meant: of a document not issued yet, or of another century."""
        if component.type != "datetime" or component.subtype == "time":
            return []
        day = date.fromisoformat(value)
        if day < EARLIEST_DAY:
            return [f"“{component.label}”: {day:%d/%m/%Y} quá sớm; hãy xem lại năm."]
        if component.not_after_today and self.today is not None and day > self.today:
            return [f"“{component.label}”: {day:%d/%m/%Y} là ngày chưa đến (hôm nay {self.today:%d/%m/%Y})."]
        return []

    def _unfinished(self, component: Component) -> bool:
        """A return may carry the work so far, finished or not."""
        return self.for_action == "return" and component.key not in RETURN_KEYS

    def _needs(self, component: Component, scope: Mapping[str, object]) -> bool:
        if self._unfinished(component):
            return False
        wanted = component.required_if
        return component.required or (wanted is not None and _outcome(wanted, scope) is True)


def answers_schema(
    form: Form, action: str | None, criteria_ids: tuple[str, ...], partial: bool
) -> type[Schema]:
    """A schema class for one action of a form."""
    names = tuple(a.name for a in form.actions) if action is None else (action,)
    members: dict[str, fields.Field[Any]] = {"action": ActionName(names)}
    lenient = partial or action == "return"
    for component in form.fields:
        members[component.key] = Answer(component, criteria_ids, partial=lenient)
    name = f"{form.key.title().replace('_', '')}{(action or 'draft').title()}{'Draft' if partial else ''}"
    schema = AnswersSchema.from_dict(members, name=name)
    return type(
        name, (schema,), {"form": form, "for_action": action, "partial_load": partial, "Meta": _Unregistered}
    )


class _Unregistered(AnswersSchema.Meta):
    # Generated again and again: marshmallow's global registry would keep every one of them.
    register = False


def _refused(key: str, data: Mapping[str, Any], original: Mapping[str, Any]) -> bool:
    """Whether the field was answered, but with something that has its own sentence already."""
    return key not in data and not is_empty(original.get(key))


def _outcome(expression: Expression, scope: Mapping[str, object]) -> object:
    try:
        return expression.evaluate(scope)
    except ExpressionFailed as failure:
        raise ValidationError(f"Không kiểm tra được câu trả lời: {failure.message_vi}") from failure


def _blank(cell: object) -> bool:
    return is_empty(cell) or (isinstance(cell, str) and not cell.strip())


def _row_problems(component: Component, rows: Any) -> dict[int, Any]:
    """What is missing in rows that say something: {row: {column: sentences}}."""
    errors: dict[int, Any] = {}
    for number, row in enumerate(rows if isinstance(rows, list) else ()):
        if not isinstance(row, Mapping) or all(map(_blank, row.values())):
            continue
        missing = [c for c in component.children if c.required and _blank(row.get(c.key))]
        if missing:
            errors[number] = {
                c.key: [f"“{component.label}”, dòng {number + 1}: thiếu “{c.label}”."] for c in missing
            }
    return errors
