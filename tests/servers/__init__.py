"""The real servers that tests use: PostgreSQL, a Redis-protocol server, a browser."""
