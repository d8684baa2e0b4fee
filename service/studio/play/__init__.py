"""Trying a draft out: the real engine, forms and rules on a course that somebody makes up.

Nothing is written.
"""
