"""What a browser keeps for when this laptop is out of its reach: one plain page, and the files of the pages."""

from __future__ import annotations

import json
from hashlib import blake2b
from pathlib import Path

from flask import Blueprint, current_app, render_template, url_for
from werkzeug.wrappers import Response

pages = Blueprint("away", __name__)
WORKER = "js/worker.js"


@pages.get("/away")
def show() -> str:
    """Say what holds meanwhile; nothing of anybody stands here."""
    return render_template("away.html")


@pages.get("/worker.js")
def worker() -> Response:
    """Hand out what keeps that page and those files, and which: what has changed is kept anew."""
    folder = Path(str(current_app.static_folder))
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    files = [url_for("static", filename=name) for name in names if name != WORKER]
    content = blake2b(show().encode(), digest_size=16)
    for name in names:
        content.update(name.encode() + b"\0" + (folder / name).read_bytes())
    known = {"VERSION": f"fieldkit {content.hexdigest()}", "SHELL": url_for("away.show"), "FILES": files}
    begin = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in known.items())
    return Response(begin + (folder / WORKER).read_text(encoding="utf-8"), mimetype="text/javascript")
