"""How templates become Python: as Jinja does it, but for the two things that a long page does most.

A table of criteria with its files writes ten thousand values, most of them markup already, and says two
thousand sentences. Both take a third of its time through Jinja's general ways (docs/performance.md).
"""

from __future__ import annotations

from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame

# In an environment's `policies`: a mapping from a sentence without values to what is written for it.
SENTENCES = "congnhan.sentences"


class Compiler(CodeGenerator):
    """Writes markup as it stands, of which `escape` makes a copy, and looks a plain `_("…")` up by itself."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if _is_plain(frame, finalize):
            self.write("(_value if type(_value := (")
        else:
            super()._output_child_pre(node, frame, finalize)

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if _is_plain(frame, finalize):
            self.write(")) is Markup else escape(_value))")
        else:
            super()._output_child_post(node, frame, finalize)

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:  # noqa: N802
        if (sentence := _plain_sentence(node)) is not None:
            self.write(f"environment.policies[{SENTENCES!r}][{sentence!r}]")
        else:
            super().visit_Call(node, frame, forward_caller=forward_caller)


def _is_plain(frame: Frame, finalize: Any) -> bool:
    """Whether this part of a template surely escapes what it writes, and does nothing else with it."""
    return bool(frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None)


def _plain_sentence(node: nodes.Call) -> str | None:
    """The sentence of `_("…")` that no values are put into; None for every other call."""
    if not isinstance(node.node, nodes.Name) or node.node.name != "_" or len(node.args) != 1:
        return None
    said = node.args[0]
    if node.kwargs or node.dyn_args is not None or node.dyn_kwargs is not None:
        return None
    return said.value if isinstance(said, nodes.Const) and isinstance(said.value, str) else None
