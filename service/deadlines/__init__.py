"""Deadlines per procedure, year, district and step: data with the words of its source. See docs/time.md."""
