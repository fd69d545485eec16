"""The dataset out."""

from __future__ import annotations

from flask import Blueprint, render_template

from fieldkit.acts import exports
from fieldkit.exchange import datasets, tables
from fieldkit.web.pages import Answer, as_file
from fieldkit.web.sessions import desk

pages = Blueprint("exports", __name__)


@pages.get("/exports")
def show() -> str:
    """Say what leaves and what stays."""
    return render_template("exports/show.html", found=exports.dataset(desk()))


@pages.post("/exports/interviews")
def interviews() -> Answer:
    """Hand the interviews to the browser as XLSX; no copy in clear touches the disk on the way."""
    content, name = tables.workbook(exports.dataset(desk())), tables.file_name(desk())
    return as_file(content, name, tables.XLSX)


@pages.post("/exports/dataset/<form>")
def merged(form: str) -> Answer:
    """Hand the merged dataset to the browser, likewise made in memory."""
    made = datasets.make(desk(), form)
    return as_file(made.content, made.name, made.media)
