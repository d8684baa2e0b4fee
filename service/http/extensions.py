"""Flask extensions and settings that doors use; `service.app` initialises them."""

from __future__ import annotations

from flask import current_app
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFProtect

from service.config import Settings
from service.http.rates import COUNTED_IN

csrf = CSRFProtect()
limiter = Limiter(get_remote_address, storage_uri=COUNTED_IN, strategy="sliding-window-counter")


def settings() -> Settings:
    """The settings of the running application."""
    found: Settings = current_app.config["SETTINGS"]
    return found
