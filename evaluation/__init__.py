"""What must be met, and whether it is: pure decisions on the criteria of QĐ 1829/QĐ-UBND.

No clock, network, database or user files: the only files read are this package's own catalogues.
The rules and their sources are on one page: docs/evaluation.md.
"""
