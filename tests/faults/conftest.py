"""The integration tests' databases and applications, for faults too."""

from tests.integration.conftest import (  # noqa: F401 fixtures
    app,
    core,
    either_core,
    filled_postgres_url,
    postgres_app,
    sqlite_template,
    sqlite_url,
    usual_url,
)
from tests.integration.service.conftest import postgres_core  # noqa: F401
