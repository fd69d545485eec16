"""Put the pages together."""

from __future__ import annotations

import secrets

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from fieldkit.resources import PACKAGE, resource_dir
from fieldkit.web import (
    answers,
    assents,
    carers,
    checks,
    consents,
    demo,
    devices,
    exports,
    handover,
    help_card,
    interviews,
    language,
    pages,
    people,
    problems,
    records,
    screenings,
    security,
    sessions,
    sites,
    slips,
    strings,
    studies,
    today,
    users,
    visits,
    ways,
    withdrawals,
)
from fieldkit.web.site import Site

_WORK = (
    answers,
    assents,
    carers,
    consents,
    handover,
    interviews,
    people,
    screenings,
    slips,
    strings,
    today,
    visits,
    ways,
    withdrawals,
)
_DESK = (checks, demo, devices, exports, help_card, language, records, sites, studies, users)


def create_app(site: Site) -> Flask:
    """Return the application for *site*."""
    app = Flask("fieldkit", template_folder=resource_dir("templates"), static_folder=PACKAGE / "static")
    app.config.update(SECRET_KEY=secrets.token_bytes(32), WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SSL_STRICT=False)
    app.extensions["fieldkit"] = site
    app.session_interface = sessions.HeldSessions()
    security.guard(app)
    demo.welcome(app)
    CSRFProtect(app)
    problems.show_problems(app)
    pages.teach_templates(app)
    for noun in (*_WORK, *_DESK):
        app.register_blueprint(noun.pages)
    return app
