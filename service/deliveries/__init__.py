"""What is to happen after commits, as administrators see it: what waits, what failed, what to do about it.

The dispatcher itself is service.jobs, which the doors do not import.
"""
