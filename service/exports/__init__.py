"""What auditors take away: a case, or many, as XES, OCEL 2.0, CSV, a history in PDF, or all with its proofs.

`operations` decides who may take what; `gathering` reads it once; every format is written from that alone.
See docs/exports.md.
"""
