"""The pure BPMN core: a compiled diagram, a small state, and functions from one state to the next.

Nothing here reads a clock, draws a random number, opens a file or a connection. This package is the
only importer of SpiffWorkflow, which plays the token game. Open `definition.py` for what a diagram
becomes, `runtime.py` for what may happen to a case, `check.py` for what is refused and why.
"""
