"""The sample against its quota: the board, the same for others to see, and one cell."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, redirect, render_template, request, url_for
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from fieldkit.acts import sampling
from fieldkit.rules.sampling import AGE_BANDS, CRITERIA, LEAST, Cell
from fieldkit.web.pages import Answer, Form, agreed, answer, codes_of, label, seen
from fieldkit.web.pages import words as _
from fieldkit.web.sessions import desk, tell

pages = Blueprint("sampling", __name__, url_prefix="/sample")
OTHERS = "others"
_CODES = {"sex": "sex", "age_band": "age_group", "lbc_group": "lbc_group"}


class CellForm(Form):
    """What a cell asks for, an empty choice for any, and how many are wanted."""

    sex = SelectField("sex", validate_choice=False)
    age_band = SelectField("age_band", validate_choice=False)
    lbc_group = SelectField("lbc_group", validate_choice=False)
    site = SelectField("site", validate_choice=False)
    target = StringField("target", validators=[InputRequired(), Length(max=6)])


class TargetForm(Form):
    """How many of a cell are wanted."""

    target = StringField("target", validators=[InputRequired(), Length(max=6)])


@pages.get("")
def board() -> str:
    """Show every cell, with all numbers or as others may see them."""
    shared = request.args.get("for") == OTHERS
    lines = sampling.for_others(desk()) if shared else sampling.board(desk())
    return render_template("sampling/board.html", lines=lines, shared=shared, least=LEAST, others=OTHERS)


@pages.get("/add")
def new() -> str:
    """Ask for a cell."""
    return render_template("sampling/add.html", form=CellForm(), choices=_choices())


@pages.post("/add")
def add() -> Answer:
    """Put a cell on the board."""
    form, at = CellForm(), desk()

    def act() -> Answer:
        sampling.add(at, Cell(**{name: form[name].data or "" for name in CRITERIA}), form.target.data)
        tell(_("Saved"))
        return redirect(url_for("sampling.board"))

    return answer(form, "sampling/add.html", act, choices=_choices())


@pages.get("/<record>")
def cell(record: str) -> str:
    """Show the target of one cell."""
    line = sampling.find(desk(), record)
    return render_template("sampling/cell.html", form=TargetForm(data={"target": str(line.target)}), line=line)


@pages.post("/<record>")
def save(record: str) -> Answer:
    """Keep the target of one cell."""
    form, line = TargetForm(), sampling.find(desk(), record)

    def act() -> Answer:
        well = agreed(sampling.save(desk(), record, form.target.data, seen()))
        return redirect(url_for("sampling.board") if well else url_for("sampling.cell", record=record))

    return answer(form, "sampling/cell.html", act, line=line)


def _choices() -> dict[str, list[tuple[str, str]]]:
    any_ = ("", _("Any"))
    return {
        "sex": [any_, *codes_of("sex")],
        "age_band": [any_, *codes_of("age_group", AGE_BANDS)],
        "lbc_group": [any_, *codes_of("lbc_group", sampling.GROUPS)],
        "site": [any_, *((code, code) for code in sampling.sites(desk()))],
    }


@pages.app_template_global()
def cell_words(cell: Cell) -> str:
    """Return what a cell asks for."""
    wishes = [label(_CODES[name], wish) if name in _CODES else wish for name, wish in asdict(cell).items() if wish]
    return _(", ").join(wishes) or _("All children")
