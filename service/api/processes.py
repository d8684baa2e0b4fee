"""/processes: published versions of the procedures, their diagrams and forms."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response
from flask_babel import gettext as _
from marshmallow import Schema, fields

from service.api.blueprint import ApiBlueprint
from service.api.fields import unwanted_character
from service.api.schemas import told
from service.errors import NotFound
from service.http.access import LOGGED_IN, policy
from service.models import ProcessVersion
from service.processes.queries import list_versions, procedure, read_version

bp = ApiBlueprint("processes", "Quy trình: các phiên bản đã ban hành, sơ đồ và biểu mẫu.")

VERSION = "/processes/<string(maxlength=100):key>/versions/<int(min=1, max=2147483647):version>"


class VersionSummary(Schema):
    id = fields.UUID()
    key = fields.String(metadata=told("Process id.", "recognition"))
    version = fields.Integer()
    name = fields.String()
    legal_basis = fields.String()
    effective_on = fields.Date()
    published_at = fields.AwareDateTime()
    catalogue = fields.String(metadata=told("The catalogue of criteria it is bound to.", "qd-1829"))
    content_hash = fields.String(metadata=told("SHA-256 over diagram, forms and catalogue."))


class VersionList(Schema):
    items = fields.List(fields.Nested(VersionSummary))


class HumanTaskOutput(Schema):
    id = fields.String(metadata=told("Element of the diagram.", "self_assess"))
    name = fields.String()
    lane = fields.String()
    groups = fields.List(fields.String())
    form_key = fields.String(allow_none=True)
    signer = fields.String(metadata=told("none | leader | member | chairman"))


class VersionOutput(VersionSummary):
    diagram_hash = fields.String()
    catalogue_hash = fields.String()
    tasks = fields.List(fields.Nested(HumanTaskOutput))
    forms = fields.List(fields.String(), metadata=told("Keys of its forms."))
    problems = fields.List(fields.Dict(), metadata=told("Warnings of the check at publication."))


@bp.get("/processes")
@policy(LOGGED_IN)
@bp.response(200, VersionList)
def list_processes() -> Any:
    """All published versions, newest first within each procedure."""
    return {"items": list_versions()}


@bp.get(VERSION)
@policy(LOGGED_IN)
@bp.response(200, VersionOutput)
def read_process(key: str, version: int) -> Any:
    """One immutable version: who does what with which form."""
    row = _version(key, version)
    bundle = procedure(row.id)
    names = (*VersionSummary().fields, "diagram_hash", "catalogue_hash")
    return {
        **{name: getattr(row, name) for name in names},
        "tasks": [
            {
                "id": task.id,
                "name": task.name,
                "lane": task.lane,
                "groups": list(task.groups),
                "form_key": task.form_key or None,
                "signer": task.properties.get("signer", "none"),
            }
            for task in bundle.definition.tasks.values()
        ],
        "forms": sorted(row.forms),
        "problems": row.check_report.get("problems", []),
    }


@bp.get(f"{VERSION}/diagram")
@policy(LOGGED_IN)
@bp.doc(
    responses={
        200: {
            "description": "BPMN 2.0 XML, byte for byte as published.",
            "content": {"application/xml": {"schema": {"type": "string"}}},
        }
    }
)
def read_diagram(key: str, version: int) -> Response:
    """The diagram as BPMN 2.0 XML."""
    row = _version(key, version)
    response = Response(row.diagram, mimetype="application/xml")
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["ETag"] = f'"{row.diagram_hash}"'
    return response


@bp.get(f"{VERSION}/forms/<string(maxlength=100):form>")
@policy(LOGGED_IN)
@bp.response(200, Schema.from_dict({}, name="FormDefinition"))
@bp.doc(
    responses={
        200: {
            "description": "form-js JSON.",
            "content": {"application/json": {"schema": {"type": "object", "additionalProperties": True}}},
        }
    }
)
def read_form(key: str, version: int, form: str) -> Any:
    """A form definition of a version, as form-js JSON."""
    text = _version(key, version).forms.get(form)
    if text is None:
        raise NotFound(_("Phiên bản này không có biểu mẫu %(form)s.", form=f"{form!r}"))
    return Response(orjson.dumps(orjson.loads(text)), mimetype="application/json")


def _version(key: str, version: int) -> ProcessVersion:
    if unwanted_character(key):
        raise NotFound()
    return read_version(key, version)
