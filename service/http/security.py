"""What browsers may do with our answers."""

from __future__ import annotations

# Scripts and styles are files of our own; nothing is inline, nothing is evaluated, nothing is framed.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
# The one page that frames something: a PDF of ours.
WITH_A_FRAME = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"

# A file may be anything that somebody uploaded; whatever a browser makes of it runs nothing.
FILE_POLICY = "default-src 'none'; sandbox"
PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
# Browsers do not open their PDF viewers in a sandbox, nor where styles or objects are forbidden: the page
# that they wrap around a PDF needs both. As application/pdf, never sniffed, it is no page of ours anyhow.
PDF_POLICY = "script-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
