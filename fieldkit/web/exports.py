"""The dataset out."""

from __future__ import annotations

from flask import Blueprint, Response, render_template

from fieldkit.acts import exports
from fieldkit.exchange import tables
from fieldkit.web.sessions import desk

pages = Blueprint("exports", __name__)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pages.get("/exports")
def show() -> str:
    """Say what leaves and what stays."""
    return render_template("exports/show.html", found=exports.dataset(desk()))


@pages.post("/exports/interviews")
def interviews() -> Response:
    """Hand the interviews to the browser as XLSX; no copy in clear touches the disk on the way."""
    content, name = tables.workbook(exports.dataset(desk())), tables.file_name(desk())
    return Response(content, mimetype=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'})
