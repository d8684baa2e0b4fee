"""Conditions and times as rows to choose from: an expression read into them, and said in Vietnamese."""
