"""Found a study from the built-in one: keys, roles, guide, forms (`design.md` §5)."""

from __future__ import annotations

from collections.abc import Iterator

from nacl import utils

from fieldkit.acts.desk import Desk, sit_down
from fieldkit.acts.users import new_store, new_store_key, person, slot_for
from fieldkit.clock import Clock, new_id
from fieldkit.i18n import N_
from fieldkit.records import clean
from fieldkit.rules import guides, names, terms
from fieldkit.rules.members import COORDINATOR, Machine
from fieldkit.store import keys, log, machine
from fieldkit.store.database import Tables
from fieldkit.store.folder import EMPTY, READY, Folder, NotEmpty
from fieldkit.store.keys import FIELD_COST, Cost, KeyPair, b64
from fieldkit.store.log import Draft, Pen
from fieldkit.store.machine import Self
from fieldkit.studies import Study, load_study
from sync import orders

FIRST_TEAM, FIRST_DEVICE = "A", "C1"
SHARED_DRAWERS = ("study", "notices")
APPROVED = "approved"
INSTITUTION, NAME = N_("the institution"), N_("the name")


def found(
    folder: Folder,
    clock: Clock,
    name: str,
    passphrase: str,
    cost: Cost = FIELD_COST,
    institution: str = "",
    sheet: bytes = b"",
) -> Desk:
    """Found the study in an empty folder; the founder is its coordinator and first vault officer.

    *sheet*: the secret of the founder's recovery sheet, where one was printed.
    Raises NotEmpty, Missing, NoName, NotForFamilies, TooLong, WeakPassphrase.
    """
    if folder.state != EMPTY:
        raise NotEmpty
    if institution.strip():
        check_institution(institution)
    store_key, pair, device_pair, study = new_store_key(), KeyPair.make(), KeyPair.make(), new_id()
    me = Self(new_id(), FIRST_DEVICE, study, pair.public["verify"], FIRST_TEAM, COORDINATOR, device_pair, (900, 999))
    who = person(name, COORDINATOR, FIRST_TEAM, me.id, pair)
    slot = slot_for(who, passphrase, store_key, pair, cost)
    if sheet:
        slot = keys.with_recovery(slot, sheet, store_key, pair.sign, cost)
    with new_store(folder, store_key, READY, slot) as db, db.writing() as tables:
        machine.remember_self(tables, me)
        enrol(tables, pair, me, {**who.__dict__})
        for drawer in SHARED_DRAWERS:
            machine.keep_key(tables, drawer, 1, utils.random(32))
        pen = Pen(who.code, me.id, FIRST_TEAM, clock)
        open_team(tables, pen, FIRST_TEAM)
        for draft in (*built_in(load_study()), *_fact("institution", institution)):
            log.append(tables, pen, draft)
    return sit_down(folder, db, who.code, pair, clock)


def check_institution(name: str) -> None:
    """Raise Missing, NoName, NotForFamilies for what is no *name* that a form can print."""
    names.check_readable(name, INSTITUTION)
    terms.check([name])


def enrol(tables: Tables, signer: KeyPair, device: Self, user: dict[str, str]) -> None:
    """Sign and keep the orders that recognise a device and its first user."""
    body = Machine(device.id, device.name, device.role, device.team, **device.pair.public, serials=device.serials)
    keep(tables, signer, device.study, "device", {**body.__dict__, "serials": list(body.serials)})
    keep(tables, signer, device.study, "user", user)


def keep(tables: Tables, signer: KeyPair, study: str, kind: str, body: dict[str, object] | dict[str, str]) -> None:
    """Sign one order and keep it."""
    order = orders.sign(kind, study, body, signer.signer)
    machine.keep_orders(tables, [(order.id, order.kind, order.content)])


def open_team(tables: Tables, pen: Pen, team: str) -> None:
    """Make the three drawers of *team* and the secret of its aliases, unless they are there."""
    if machine.drawer_key(tables, f"consent/{team}") is not None:
        return
    for drawer in ("consent", "research", "vault"):
        machine.keep_key(tables, f"{drawer}/{team}", 1, utils.random(32))
    secret = {"team": team, "secret": b64(utils.random(32))}
    log.append(tables, pen, Draft("team_secret", secret, drawer=f"consent/{team}"))


def built_in(study: Study) -> Iterator[Draft]:
    """Yield the records of the built-in study: facts, strings, questions, forms, and the first published guide."""
    yield Draft("study", _facts(study))
    texts = study.strings()
    for position, (code, pair) in enumerate(texts.items()):
        state = {"zh_state": APPROVED, "en_state": APPROVED, "position": position}
        yield Draft("string", {"code": code, "zh": pair.zh, "en": pair.en, **state})
    yield from _questions(study)
    for form in study.forms:
        ids = study.form_string_ids(form.doc_kind)
        used = {code: texts[code] for code in ids}
        yield Draft("form", {
            "doc_kind": form.doc_kind, "version": form.version, "state": "review", "text_hash": guides.form_hash(used),
            "strings": {code: guides.text_hash(pair) for code, pair in used.items()},
            "items": [item.code for item in form.items],
        })  # fmt: skip
    yield Draft(
        "guide_version",
        {"number": 1, "strings": {code: guides.text_hash(pair) for code, pair in texts.items()}},
    )


def _fact(code: str, value: str) -> list[Draft]:
    return [Draft("study_fact", {"code": code, "value": clean(value.strip())})] if value.strip() else []


def _facts(study: Study) -> dict[str, str]:
    return {
        "code": study.code,
        "title_zh": study.title.zh,
        "title_en": study.title.en,
        "institution": study.institution.zh,
        "contact": study.phone,
        "retention_until": study.retention_until,
    }


def _questions(study: Study) -> Iterator[Draft]:
    for position, question in enumerate(study.guide.questions):
        yield Draft("question", {
            "code": question.id, "section": question.section, "ctx": question.ctx, "position": position,
            "core": int(question.core), "sens": question.sens, "probes": [probe.id for probe in question.probes],
        })  # fmt: skip
