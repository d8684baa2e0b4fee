"""`python -m witness`."""

from witness.program import main

main()
