"""*Quy trình*: the studio's pages. Everybody reads what is published; drafts are the process owners'."""

from service.web.studio import comparing, deciding, drafts, listing  # noqa: F401
