"""The application: routes, the one error form, and what lies around every request."""

from __future__ import annotations

import sqlalchemy as sa
from fastapi import FastAPI

from central_api import problems
from central_api.logs import set_level
from central_api.metrics import Metrics
from central_api.middleware import RequestMiddleware
from central_api.routes import build_router
from central_api.settings import ApiSettings


def create_app(engine: sa.Engine, settings: ApiSettings) -> FastAPI:
    """Build the server over a database that is migrated already.

    Args:
        engine: of :func:`central_api.database.open_engine`.
        settings: limits and log level.

    Returns:
        An ASGI application. It keeps nothing between requests but its figures: any number may run over one database.
    """
    set_level(settings.log_level)
    metrics = Metrics()
    app = FastAPI(title="Till central API", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.include_router(build_router(engine, settings, metrics))
    app.add_middleware(RequestMiddleware, metrics=metrics)
    problems.install(app)
    return app
