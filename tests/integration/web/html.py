"""What a page must be whatever it shows: no inline code, every control named, one heading."""

from __future__ import annotations

from lxml import html as parser

CONTROLS = "//input[not(@type='hidden') and not(@type='submit')] | //select | //textarea"


def faults(text: str) -> list[str]:
    """Sentences about what is wrong with a page; empty when it is well made."""
    page = parser.document_fromstring(text)
    found = [f"inline style: {parser.tostring(e)[:80]!r}" for e in page.xpath("//*[@style] | //style")]
    found += [f"inline script: {parser.tostring(e)[:80]!r}" for e in page.xpath("//script[not(@src)]")]
    found += [f"handler {name} on {e.tag}" for e in page.iter() for name in e.attrib if name.startswith("on")]
    found += [f"{len(page.xpath('//h1'))} h1"] if len(page.xpath("//h1")) != 1 else []
    found += [f"no name: {e.get('name')}" for e in page.xpath(CONTROLS) if not named(page, e)]
    found += [f"id twice: {one}" for one in sorted(twice([e.get("id") for e in page.xpath("//*[@id]")]))]
    found += [f"th without scope: {e.text_content()[:40]}" for e in page.xpath("//th[not(@scope)]")]
    forms = page.xpath("//form[translate(@method, 'POST', 'post') = 'post']")
    found += [f"no token: {f.get('action')}" for f in forms if not f.xpath(".//input[@name='csrf_token']")]
    return found


def named(page: parser.HtmlElement, control: parser.HtmlElement) -> bool:
    identity = control.get("id")
    wrapped = bool(control.xpath("ancestor::label[normalize-space()]"))
    pointed = bool(identity and page.xpath("//label[@for=$id][normalize-space()]", id=identity))
    return wrapped or pointed or bool(control.get("aria-label"))


def twice(ids: list[str]) -> set[str]:
    return {one for one in ids if ids.count(one) > 1}


def form_fields(text: str, form_id: str = "work-form") -> dict[str, str | list[str]]:
    """What a browser would send of a form if nothing were typed."""
    form = parser.document_fromstring(text).get_element_by_id(form_id)
    sent: dict[str, list[str]] = {}
    for name, value in form.form_values():
        sent.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in sent.items()}
