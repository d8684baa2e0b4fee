"""What the modeler drops of a file comes back when it is saved."""

from __future__ import annotations

from service.studio.comments import with_comments

STORED = b"""<?xml version="1.0" encoding="UTF-8"?>
<d id="d" targetNamespace="t">
  <!-- of the file -->
  <process id="p">
    <task id="a"><!-- inside a --></task>
    <!-- behind a -->
    <?tool keep?>
    <task id="b"/>
    <!-- behind b -->
    <ext><item/><!-- behind the item --></ext>
  </process>
</d>
"""
# What the modeler writes: no remark, another order of attributes, b deleted, c new, ids as they were.
SAVED = b"""<?xml version="1.0" encoding="UTF-8"?>
<d targetNamespace="t" id="d">
  <process id="p">
    <task id="a" name="A" />
    <task id="c" />
    <ext><item /></ext>
  </process>
</d>
"""


def test_comments_and_instructions_stand_again_where_they_stood():
    kept = with_comments(SAVED, STORED).decode()

    assert kept.index("of the file") < kept.index("<process") < kept.index("behind b") < kept.index('"a"')
    assert kept.index('"a"') < kept.index("inside a") < kept.index("behind a") < kept.index("<?tool keep?>")
    assert (
        kept.index("<?tool keep?>") < kept.index('"c"') < kept.index("<item") < kept.index("behind the item")
    )


def test_what_has_no_remarks_or_has_its_own_is_saved_as_it_is():
    plain = STORED.replace(b"<!--", b"<x>").replace(b"-->", b"</x>").replace(b"<?tool keep?>", b"")

    assert with_comments(SAVED, plain) == SAVED
    assert with_comments(STORED, STORED) == STORED
    assert with_comments(b"<d", STORED) == b"<d"
    assert with_comments(b"<other/>", STORED) == b"<other/>"


def test_what_stands_around_the_root_element_is_kept_line_by_line():
    declaration, rest = STORED.split(b"\n", 1)
    around = declaration + "\n<!-- Giấy phép -->\n<?tool a?>\n".encode() + rest + b"<!-- the end -->\n"

    kept = with_comments(SAVED, around)

    assert kept.splitlines()[:3] == [declaration, *around.splitlines()[1:3]]
    assert kept.endswith(b"</d>\n<!-- the end -->\n")
    assert kept.splitlines()[3:-1] == with_comments(SAVED, STORED).splitlines()[1:]
    assert with_comments(kept, around) == kept
    bare = SAVED.split(b"\n", 1)[1]
    assert with_comments(bare, around).splitlines()[0] == around.splitlines()[1]
