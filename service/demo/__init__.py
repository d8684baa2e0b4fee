"""The demo: reference data from the sources, accounts named after roles, and the story of two communes."""
