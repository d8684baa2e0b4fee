"""The version of the product: one constant that every process can tell without asking the packaging."""

from __future__ import annotations

from typing import Final

VERSION: Final = "0.2.0"
