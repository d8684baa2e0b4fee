"""*Quy trình*: the studio's pages. Everybody reads what is published; drafts are the process owners'."""

from service.web.studio import (  # noqa: F401
    comparing,
    deciding,
    drafts,
    form_editor,
    forms,
    listing,
    mending,
    playing,
    rules,
    scenarios,
    vocabulary,
)
