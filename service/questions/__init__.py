"""Questions about many cases, as auditors ask them: of the log and what lies beside it. Only read."""
