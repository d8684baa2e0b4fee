"""Working days in Vietnam: which days are off, counting by them, and when to remind. See docs/time.md."""
