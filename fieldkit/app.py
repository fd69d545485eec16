"""Put the pages together."""

from __future__ import annotations

import secrets

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from fieldkit.resources import PACKAGE, resource_dir
from fieldkit.web import (
    answers,
    assents,
    attachments,
    away,
    backups,
    cards,
    carers,
    checks,
    clocks,
    closings,
    conflicts,
    consents,
    demo,
    devices,
    duplicates,
    exchange,
    exports,
    filled,
    forms,
    guides,
    halts,
    handover,
    help_card,
    household,
    interviews,
    language,
    late_entries,
    leftovers,
    locks,
    members,
    memos,
    moments,
    observations,
    pages,
    people,
    phones,
    practice,
    previews,
    problems,
    pseudonyms,
    readiness,
    readings,
    records,
    redactions,
    removals,
    revocations,
    rosters,
    sampling,
    screenings,
    security,
    sessions,
    sheets,
    sites,
    slips,
    sticks,
    stops,
    strings,
    studies,
    tellings,
    today,
    unsent,
    users,
    visits,
    ways,
    wishes,
    withdrawals,
    worklists,
)
from fieldkit.web.site import Site

_WORK = (
    answers,
    assents,
    attachments,
    cards,
    carers,
    closings,
    conflicts,
    consents,
    duplicates,
    filled,
    halts,
    handover,
    household,
    interviews,
    late_entries,
    memos,
    observations,
    moments,
    people,
    practice,
    pseudonyms,
    rosters,
    screenings,
    slips,
    stops,
    strings,
    tellings,
    today,
    unsent,
    visits,
    ways,
    wishes,
    withdrawals,
    worklists,
)
_DESK = (
    away,
    backups,
    checks,
    clocks,
    demo,
    devices,
    exchange,
    exports,
    forms,
    guides,
    help_card,
    language,
    leftovers,
    locks,
    members,
    phones,
    previews,
    readiness,
    readings,
    records,
    redactions,
    removals,
    revocations,
    sampling,
    sheets,
    sites,
    sticks,
    studies,
    users,
)


def create_app(site: Site) -> Flask:
    """Return the application for *site*."""
    app = Flask("fieldkit", template_folder=resource_dir("templates"), static_folder=PACKAGE / "static")
    app.config.update(SECRET_KEY=secrets.token_bytes(32), WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SSL_STRICT=False)
    app.extensions["fieldkit"] = site
    app.session_interface = sessions.HeldSessions()
    security.guard(app)
    demo.welcome(app)
    CSRFProtect(app)
    practice.keep_apart(app)
    locks.hold(app)
    unsent.hold(app)
    phones.keep_up(app)
    problems.show_problems(app)
    pages.teach_templates(app)
    for noun in (*_WORK, *_DESK):
        app.register_blueprint(noun.pages)
    return app
