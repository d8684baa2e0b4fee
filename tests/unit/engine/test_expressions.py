"""FEEL semantics, by hand from the OMG text (DMN 1.3, clause 10.3), one row per statement."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext

import pytest

from service.engine.expressions import (
    Duration,
    Expression,
    ExpressionError,
    ExpressionFailed,
    FunctionUse,
    Type,
    parse,
    translate_juel,
)

SCOPE = {
    "district_appraise": {"action": "return", "due_on": "2023-12-05", "score": "712.5"},
    "opinions_agree": True,
    "round": {"size": 57},
    "nothing": None,
    "tags": ["a", "b"],
}

SEMANTICS = [
    # equality: null equals only null; other kinds do not compare
    ("null = null", True),
    ("null != null", False),
    ("1 = null", False),
    ("1 != null", True),
    ('1 = "1"', None),
    ('1 != "1"', None),
    ("true = true", True),
    ("1.0 = 1", True),
    ('"a" = "a"', True),
    ("[1, 2] = [1, 2]", True),
    ("[1, 2] = [2, 1]", False),
    ("[1] = [1, 2]", False),
    # order
    ("1 < 2", True),
    ("2 <= 2", True),
    ("54.4 >= 55", False),
    ("null < 1", None),
    ('1 < "2"', None),
    ("true < false", None),
    ('"abc" < "abd"', True),
    # three-valued logic (Table 38)
    ("true and true", True),
    ("true and false", False),
    ("false and null", False),
    ("true and null", None),
    ("null and null", None),
    ("true or null", True),
    ("false or null", None),
    ("false or false", False),
    ('true and "x"', None),
    ("not(true)", False),
    ("not(null)", None),
    ("not(1)", None),
    # arithmetic is decimal, to 34 digits, left-associative; minus binds tightest
    ("0.1 + 0.2 = 0.3", True),
    ("1 - 1 - 1", Decimal(-1)),
    ("8 / 4 / 2", Decimal(1)),
    ("2 + 3 * 4", Decimal(14)),
    ("(2 + 3) * 4", Decimal(20)),
    ("2 ** 3 ** 2", Decimal(64)),
    ("-2 ** 2", Decimal(4)),
    ("2 ** -1", Decimal("0.5")),
    ("- -3", Decimal(3)),
    ("1 / 3", Decimal("0.3333333333333333333333333333333333")),
    ("1 / 0", None),
    ("0 ** 0", None),
    ("1 + null", None),
    ('1 + "a"', None),
    ('"a" + "b"', "ab"),
    ('"a" - "b"', None),
    # intervals and tests
    ("5 in [1..5]", True),
    ("5 in [1..5)", False),
    ("5 in (1..5]", True),
    ("1 in (1..5]", False),
    ("1 in ]1..5]", False),
    ("5 in [1..5[", False),
    ("3 in (1, 2, 3)", True),
    ("3 in [1, 2, 3]", True),
    ("4 in [1, 2, 3]", False),
    ("3 in < 5", True),
    ("3 in (< 2, > 2)", True),
    ("3 in ([1..2], [3..4])", True),
    ("null in [1..5]", None),
    ("null in [1, null]", True),
    ('"a" in tags', True),
    ("3 between 1 and 3", True),
    ("4 between 1 and 3", False),
    ("null between 1 and 3", None),
    ("2 between 1 and 3 and true", True),
    # if: anything but true takes the else branch
    ('if 1 < 2 then "yes" else "no"', "yes"),
    ('if null then "yes" else "no"', "no"),
    ("if false then 1 else if true then 2 else 3", Decimal(2)),
    # dates and durations
    ('date("2023-12-04")', date(2023, 12, 4)),
    ('date("2023-02-30")', None),
    ('date("4/12/2023")', None),
    ("date(2023, 12, 4)", date(2023, 12, 4)),
    ("date(null)", None),
    ('date and time("2023-12-04T10:30:00")', datetime(2023, 12, 4, 10, 30)),  # noqa: DTZ001
    ('date and time("2023-12-04T10:30:00Z")', datetime(2023, 12, 4, 10, 30, tzinfo=UTC)),
    ('date and time("2023-12-04T10:30:00+07:00") = date and time("2023-12-04T03:30:00Z")', True),
    ('date and time("2023-12-04T10:30:00") = date and time("2023-12-04T10:30:00Z")', None),
    ('date(date and time("2023-12-04T10:30:00"))', date(2023, 12, 4)),
    ('duration("P3D")', Duration(seconds=259_200)),
    ('duration("-PT90M")', Duration(seconds=-5_400)),
    ('duration("P1Y2M")', Duration(months=14)),
    ('duration("P1Y2D")', None),
    ('duration("P")', None),
    ('duration("P1DT")', None),
    ('date("2023-12-04") - date("2023-11-30")', Duration(seconds=4 * 86_400)),
    ('date("2023-12-04") + duration("P3D")', date(2023, 12, 7)),
    ('date("2023-12-04") + duration("PT23H")', date(2023, 12, 4)),
    ('date("2023-12-04") - duration("PT1H")', date(2023, 12, 3)),
    ('date("2024-01-31") + duration("P1M")', date(2024, 2, 29)),
    ('date("2024-02-29") - duration("P1Y")', date(2023, 2, 28)),
    ('duration("P1D") + date("2023-12-31")', date(2024, 1, 1)),
    ('duration("P1D") + duration("PT12H") = duration("PT36H")', True),
    ('duration("P1D") < duration("PT25H")', True),
    ('duration("P1D") = duration("P1M")', None),
    ('2 * duration("P1D")', Duration(seconds=172_800)),
    ('duration("P3D") / 2', Duration(seconds=129_600)),
    ('duration("P3D") / duration("P1D")', Decimal(3)),
    ('-duration("P1D")', Duration(seconds=-86_400)),
    ('date("2023-12-04") < date("2023-12-05")', True),
    ('date("2023-12-04") < date and time("2023-12-05T00:00:00")', None),
    # functions
    ('contains("Thanh Hóa", "Hóa")', True),
    ('starts with("CN-2023", "CN")', True),
    ('ends with("CN-2023", "2023")', True),
    ("contains(null, null)", None),
    ('string length("xã")', Decimal(2)),
    ('lower case("ĐẠT")', "đạt"),
    ('upper case("đạt")', "ĐẠT"),
    ("count([1, 2, 3])", Decimal(3)),
    ("count([])", Decimal(0)),
    ("sum([1, 2, 3])", Decimal(6)),
    ("sum(1, 2, 3)", Decimal(6)),
    ("sum([])", None),
    ('sum([1, "2"])', None),
    ("min(3, 1, 2)", Decimal(1)),
    ("max([3, 1, 2])", Decimal(3)),
    ('max(1, "2")', None),
    ("list contains([1, null], null)", True),
    ('get or else(nothing, "x")', "x"),
    ("get or else(1, 2)", Decimal(1)),
    ('number("712.5")', Decimal("712.5")),
    ('number("712,5")', None),
    # names: dotted, missing means null
    ('district_appraise.action = "return"', True),
    ("district_appraise . action", "return"),
    ("district_appraise.missing", None),
    ("no_such.thing.at.all", None),
    ("opinions_agree.deeper", None),
    ("round.size >= 57", True),
    ("number(district_appraise.score) / 1000 >= 0.7", True),
    ("date(district_appraise.due_on)", date(2023, 12, 5)),
    # strings
    ('"\\"\\\\\\n\\t\\u0111\\U01F600"', '"\\\n\tđ\U0001f600'),
    ('"\\uD83D\\uDE00"', "\U0001f600"),
    ('"e\u0301" = "é"', True),
]


@pytest.mark.parametrize(("text", "value"), SEMANTICS)
def test_an_expression_has_the_value_that_feel_gives_it(text, value):
    result = parse(text).evaluate(SCOPE)

    assert result == value
    assert type(result) is type(value)


def test_a_condition_that_is_not_a_truth_value_counts_as_false():
    assert parse("opinions_agree").holds(SCOPE) is True
    assert parse("nothing").holds(SCOPE) is False
    assert parse('"true"').holds(SCOPE) is False


def test_names_are_found_in_nested_mappings_and_under_flat_dotted_keys():
    assert parse("a.b.c").evaluate({"a": {"b": {"c": 1}}}) == 1
    assert parse("a.b.c").evaluate({"a.b.c": 2, "a": {"b": {"c": 1}}}) == 2


def test_a_group_of_variables_is_not_a_value():
    with pytest.raises(ExpressionFailed, match="district_appraise"):
        parse("district_appraise = null").evaluate(SCOPE)


def test_binary_floats_never_enter_a_condition():
    with pytest.raises(ExpressionFailed, match="float"):
        parse("x > 0").evaluate({"x": 0.1})


def test_functions_of_the_caller_are_used_and_their_answers_brought_into_the_language():
    deadlines = {"self_assess": date(2023, 12, 3)}
    expression = parse('deadline("self_assess") + duration("P1D")')

    assert expression.evaluate({}, {"deadline": deadlines.get}) == date(2023, 12, 4)
    assert parse("working days after(d, 3)").evaluate(
        {"d": date(2023, 12, 1)},
        {"working days after": lambda day, n: day + timedelta(int(n))},
    ) == date(2023, 12, 4)


def test_a_function_nobody_gives_is_named():
    with pytest.raises(ExpressionFailed, match="deadline"):
        parse('deadline("self_assess")').evaluate({})


def test_an_error_inside_a_callers_function_names_the_function():
    def broken(step):
        raise KeyError(step)

    with pytest.raises(ExpressionFailed, match=r"deadline.*no_step"):
        parse('deadline("no_step")').evaluate({}, {"deadline": broken})


def test_names_and_functions_are_listed_for_the_gate():
    expression = parse('if a.b = "x" then deadline("self_assess") else working days after(date(a.b), n + 1)')

    assert expression.names == ("a.b", "n")
    assert expression.functions == (
        FunctionUse("deadline", ("self_assess",)),
        FunctionUse("working days after", (None, None)),
        FunctionUse("date", (None,)),
    )


def test_results_do_not_depend_on_the_ambient_decimal_context():
    with localcontext() as context:
        context.prec = 2
        assert parse("1000.25 + 1 = 1001.25 and -1000.25 < -1000").evaluate({}) is True


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("", 1, 1, "để trống"),
        ("a b", 1, 3, "b"),
        ("a = ", 1, 3, "chưa kết thúc"),
        ("a =\n  = b", 2, 3, "="),
        ("a = b = c", 1, 7, "="),
        ("and = 3", 1, 1, "and"),
        ('a = "x', 1, 5, '"'),
        ("a = 'x'", 1, 5, "'"),
        ("a == b", 1, 4, "="),
        ("[x for x in y]", 1, 4, "for"),
        ("a; b", 1, 2, ";"),
        ('"\\q"', 1, 1, "q"),
        ('"\\uD800"', 1, 1, "surrogate"),
        ("1" * 35, 1, 1, "34"),
        ("١ + 1", 1, 1, "١"),
    ],
)
def test_a_text_outside_the_language_is_refused_with_its_place(text, line, column, words):
    with pytest.raises(ExpressionError) as refused:
        parse(text)

    assert (refused.value.line, refused.value.column) == (line, column)
    assert words in refused.value.message_vi


TYPES = {
    "district_appraise.action": Type.STRING,
    "opinions_agree": Type.BOOLEAN,
    "n": Type.NUMBER,
    "due": Type.DATE,
    "anything": Type.ANY,
    "answer.day": Type.SCALAR,
    "answer.days": Type.SCALAR,
    "answer.done": Type.SCALAR,
}
DAYS = ': viết + duration("P5D") nếu là 5 ngày thường, working days after(ngày, 5) nếu là 5 ngày làm việc'
COUNT = ": ghi số ngày làm việc, ví dụ 5"
READ = ": đọc chữ thành ngày bằng date(…), thành khoảng thời gian bằng duration(…)"


@pytest.mark.parametrize(
    "text",
    [
        'district_appraise.action = "return" and opinions_agree',
        "n in (1, [2..3], > 5) or n between 1 and 2",
        'if due = null then deadline("x") else due + duration("P3D")',
        "working days after(due, n) < due",
        "anything > 3 and anything",
        'due - due = duration("P1D")',
        "n in [1, 2, null]",
        "working days before(today(), n) < due",
        "working days after(date(answer.day), number(answer.days)) >= today()",
        'answer.day = "x" and answer.days > 3 and answer.done',
        'due + duration("P1D") * answer.days',
        "answer.days * duration(answer.day) < today() - due",
        "if answer.done then due else answer.day",
    ],
)
def test_the_type_check_accepts_what_works(text):
    assert parse(text).check(TYPES) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("opinion_agree = true", "Không có biến “opinion_agree” (dòng 1, cột 1)."),
        ("district_appraise.action = 1", "Không so sánh được chuỗi với số (dòng 1, cột 1)."),
        ("n < null", "So sánh “<” với null không bao giờ đúng (dòng 1, cột 1)."),
        ("opinions_agree and n", "“and” cần điều kiện đúng/sai, ở đây là số (dòng 1, cột 20)."),
        (
            'working days after(due, duration("P3D"))',
            f"Hàm “working days after” cần số, ở đây là {Type.DURATION.value}{COUNT} (dòng 1, cột 25).",
        ),
        ("working days before(due, 1.5)", "Hàm “working days before” cần số ngày nguyên (dòng 1, cột 26)."),
        ("working days after(3, 3)", "Hàm “working days after” cần ngày, ở đây là số (dòng 1, cột 20)."),
        ("today(1)", "Hàm “today” không nhận 1 tham số (dòng 1, cột 1)."),
        ("due + 5", f"Không tính được ngày + số{DAYS} (dòng 1, cột 1)."),
        ("5 + due", f"Không tính được số + ngày{DAYS} (dòng 1, cột 1)."),
        ("today() - n", f"Không tính được ngày - số{DAYS} (dòng 1, cột 1)."),
        ("due + answer.days", f"Không tính được ngày + chữ, số hoặc đúng/sai{READ} (dòng 1, cột 1)."),
        ("answer.day > due", f"Không so sánh được chữ, số hoặc đúng/sai với ngày{READ} (dòng 1, cột 1)."),
        (
            "working days after(answer.day, 5)",
            f"Hàm “working days after” cần ngày, ở đây là chữ, số hoặc đúng/sai{READ} (dòng 1, cột 20).",
        ),
        ("n + district_appraise.action", "Không tính được số + chuỗi (dòng 1, cột 1)."),
        ('working days after(due, "3")', "Hàm “working days after” cần số, ở đây là chuỗi (dòng 1, cột 25)."),
        ("deadline()", "Hàm “deadline” không nhận 0 tham số (dòng 1, cột 1)."),
        ('sum up("x")', "Không có hàm “sum up” (dòng 1, cột 1)."),
        ('due = date("2023-02-30")', "“2023-02-30” không phải giá trị của date(…) (dòng 1, cột 12)."),
        ("true < false", "Kiểu đúng/sai không có thứ tự để so sánh “<” (dòng 1, cột 1)."),
        ("if n then 1 else 2", "“if” cần điều kiện đúng/sai, ở đây là số (dòng 1, cột 4)."),
        ('n in [1..3] or\n n in ("a", 2)', "Không so sánh được số với chuỗi (dòng 2, cột 8)."),
    ],
)
def test_the_type_check_names_what_cannot_work_and_where(text, problem):
    assert parse(text).check(TYPES) == [problem]


def test_the_type_check_compares_the_result_with_what_the_place_needs():
    assert parse("n + 1").check(TYPES, expects=Type.BOOLEAN) == [
        "Biểu thức cho kết quả số, ở đây cần đúng/sai."
    ]
    assert parse('deadline("x")').check(TYPES, expects=Type.DATE) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            'district_appraise.action = "return"',
            'district_appraise.action = "complete", không bằng "return": sai',
        ),
        ('district_appraise.action = "complete"', 'district_appraise.action = "complete": đúng'),
        ("opinions_agree = true", "Kết quả đã thống nhất = true: đúng"),
        ("opinions_agree", "Kết quả đã thống nhất: đúng"),
        ("missing = 5", "missing chưa có giá trị, không bằng 5: sai"),
        ("missing < 5", "missing chưa có giá trị, không so sánh được với 5: không xác định, coi là sai"),
        ("percent >= 55", "percent = 54,4, không lớn hơn hoặc bằng 55: sai"),
        (
            "percent >= 50 and not(opinions_agree)",
            "percent = 54,4, lớn hơn hoặc bằng 50: đúng; "  # noqa: ISC004
            "Kết quả đã thống nhất: đúng; phủ định lại: sai; tất cả phải đúng: sai",
        ),
        ("not(percent < 55)", "percent = 54,4, nhỏ hơn 55: đúng; phủ định lại: sai"),
        ("percent in [50..55)", "percent = 54,4, thuộc [50 đến 55): đúng"),
        ("percent in (1, > 60)", "percent = 54,4, không thuộc 1 hoặc > 60: sai"),
        ("percent between 60 and 70", "percent = 54,4, không nằm trong khoảng từ 60 đến 70: sai"),
        ('due < date("2023-12-01")', "due = 04/12/2023, không trước 01/12/2023: sai"),
        ('due + duration("P1D")', 'due + duration("P1D") = 05/12/2023'),
        ("if opinions_agree then due else null", "Kết quả đã thống nhất: đúng; nên lấy due = 04/12/2023"),
        (
            'contains(district_appraise.action, "com")',
            'contains(district_appraise.action, "com") với district_appraise.action = "complete": đúng',
        ),
    ],
)
def test_an_outcome_is_explained_in_a_sentence_with_the_values(text, sentence):
    scope = {
        "district_appraise": {"action": "complete"},
        "opinions_agree": True,
        "percent": Decimal("54.4"),
        "due": date(2023, 12, 4),
    }

    labels = {"opinions_agree": "Kết quả đã thống nhất"}

    assert parse(text).explain(scope, labels=labels) == sentence


@pytest.mark.parametrize(
    ("juel", "feel"),
    [
        ("${a == b}", "a = b"),
        ("${a.b == 'x' && !c}", 'a.b = "x" and not(c)'),
        ("#{not (a eq 1 or b lt -2)}", "not(a = 1 or b < -2)"),
        ("${(a || b) && c != null}", "(a or b) and c != null"),
        ("${empty note}", 'note = null or note = ""'),
    ],
)
def test_simple_juel_conditions_are_translated(juel, feel):
    assert translate_juel(juel) == feel
    assert isinstance(parse(feel), Expression)


@pytest.mark.parametrize(
    "juel",
    [
        "a == b",
        "${a + b == 1}",
        '${execution.getVariable("x") == 1}',
        "${in == 1}",
        "${}",
        "${a",
        "${a ? b : c}",
    ],
)
def test_other_juel_is_refused_in_words(juel):
    with pytest.raises(ExpressionError):
        translate_juel(juel)
