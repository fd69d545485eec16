"""The demo: a throw-away study with invented people, one data folder for each role (`design.md` §9).

Everything goes through the acts that real people use, and data travels between the folders in real bundles.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fieldkit.acts import (
    answers,
    assents,
    carers,
    consents,
    devices,
    forms,
    handover,
    help_card,
    interviews,
    members,
    people,
    pseudonyms,
    readiness,
    screenings,
    sites,
    studies,
)
from fieldkit.acts.answers import SaveAnswer
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.carers import CarerAnswer
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.people import NewChild
from fieldkit.acts.told import Seen
from fieldkit.clock import Clock, new_id
from fieldkit.rules.consent import BLOCKS, YES
from fieldkit.rules.gates import TRAINING_NEEDED
from fieldkit.rules.members import COORDINATOR, INTERVIEWER, ROLES
from fieldkit.store.folder import Folder
from fieldkit.store.keys import Cost
from fieldkit.studies import load_study

CHEAP = Cost(passes=1, memory=8 * 1024)  # the folders are gone at exit, and nobody types their passphrases
KEPT = {"G09": "kept", "G10": "not_at_home", "G12": "checked"}  # what is tapped before an interview starts
SURE = {"V31": "date_right", "alike": "another"}  # yesterday was made up a moment ago
YESTERDAY, LAST_WEEK = timedelta(days=-1), timedelta(days=-7)
Case = Mapping[str, Any]  # one `[[cases]]` of demo.toml


def build(root: Path, clock: Clock, roles: Collection[str] = ROLES) -> dict[str, Desk]:
    """Return the desk of each of *roles* in fresh folders below *root*, with invented children at different stages."""
    story = tomllib.loads((_data() / "demo.toml").read_text(encoding="utf-8"))
    desks = _enrol(root, clock, {role: story["people"][role] for role in ROLES if role in roles})
    for case in story["cases"]:
        _play(desks[INTERVIEWER], case)
        if case["stage"] == "done":
            carry(desks.values())
    return desks


def close(desks: Iterable[Desk]) -> None:
    """Close every store, so that the folders can be deleted."""
    for desk in desks:
        desk.db.close()
        desk.folder.close()


def carry(desks: Iterable[Desk]) -> None:
    """Carry a stick from every machine to every other one."""
    desks = list(desks)
    with TemporaryDirectory() as stick:
        for desk in desks:
            handover.write(desk, Path(stick) / desk.device.name)
        for desk in desks:
            for other in desks:
                if other is not desk:
                    handover.read(desk, Path(stick) / other.device.name)


def _data() -> Any:
    return files("fieldkit.studies") / "zhoukou"


def _enrol(root: Path, clock: Clock, names: Mapping[str, str]) -> dict[str, Desk]:
    """Found a study at the coordinator's, make it ready a week ago, and let the others join it."""
    founder = studies.found(
        Folder.open(root / COORDINATOR), Clock(clock.ahead + LAST_WEEK), names[COORDINATOR], _passphrase(), CHEAP
    )
    make_ready(founder, ("A03", "A04"))
    founder = replace(founder, clock=clock)
    desks = {COORDINATOR: founder}
    for role in names.keys() - desks.keys():
        desks[role] = join(founder, Folder.open(root / role), names[role], role, _passphrase())
    return {role: desks[role] for role in names}


def make_ready(founder: Desk, codes: Iterable[str]) -> None:
    """Enter invented facts and the sites *codes*, stamp every form and ring each number."""
    story = tomllib.loads((_data() / "demo.toml").read_text(encoding="utf-8"))
    facts = story["ready"]
    readiness.keep(founder, facts)
    shown = {one.version.text_hash: one.opened.base for one in forms.listing(founder) if one.newest}
    readiness.stamp(founder, shown, facts["ethics_from"], facts["ethics_no"], facts["ethics_from"])
    for site in codes:
        sites.save(founder, site, {}, {}, Seen())
        for line in help_card.of_site(founder, site):
            if line.rung:
                help_card.keep(founder, site, line.id, line.number or "0394-0000120", rung=True)


def join(founder: Desk, folder: Folder, name: str, role: str, passphrase: str, team: str = "") -> Desk:
    """Let one more person join with a team record; the second answer to the same request brings the record along."""
    asked = devices.request(folder, name, passphrase, role, CHEAP)
    team = team or founder.device.team
    devices.invite(founder, asked, role, team)
    day = (founder.clock.today() + LAST_WEEK).isoformat()
    members.keep(founder, json.loads(asked)["user"]["code"], dict.fromkeys(TRAINING_NEEDED, day))
    return devices.accept(folder, founder.clock, devices.invite(founder, asked, role, team), passphrase)


def _passphrase() -> str:
    return new_id()


def _play(desk: Desk, case: Case) -> None:
    """Walk one case up to its stage."""
    if case["stage"] == "done":
        desk = replace(desk, clock=Clock(desk.clock.ahead + YESTERDAY))
    subject = _register(desk, case)
    for act in _STAGES[case["stage"]]:
        act(desk, subject, case)


def _register(desk: Desk, case: Case) -> str:
    born = f"{desk.clock.today().year - case['age'] - 1}-12"  # December: the age holds all year
    child = NewChild(case["called"], case["phone"], case["site"], case["sex"], born, reasons=SURE)
    subject = people.register(desk, child)
    if case["stage"] != "listed":
        screenings.record(desk, subject, screenings.all_fit(), "village")
    return subject


def _carer(desk: Desk, subject: str, _case: Case) -> None:
    understood = [forms.UNDERSTOOD] * len(forms.carer_form(desk, subject).teach_back)
    paper = ("cannot_read", "钱某（虚构）", "neighbour", "D-01", "绿色纸袋")
    carers.record(desk, subject, CarerAnswer("pgm", "thumbprint", True, understood, *paper))


def _guardian(desk: Desk, subject: str, case: Case) -> None:
    form = forms.guardian_form(desk, subject)
    pseudonym = pseudonyms.suggest(desk, subject, case["real_name"])
    said = GuardianAnswer(
        relation=case["signer"],
        items={item.code: YES for item in form.items},
        understanding=[forms.UNDERSTOOD] * len(form.teach_back),
        real_name=case["real_name"],
        pseudonym_zh=pseudonym.zh,
        pseudonym_en=pseudonym.en,
        migration=case["migration"],
        carer=case["carer"],
        signer_name=case["signer_name"],
        signature_png=(_data() / "demo_signature.png").read_bytes(),
    )
    consents.record(desk, subject, said)


def _child_no(desk: Desk, subject: str, _case: Case) -> None:
    assents.record(desk, subject, ChildAnswer("no"))


def _child_yes(desk: Desk, subject: str, _case: Case) -> None:
    assents.record(desk, subject, ChildAnswer(YES, BLOCKS, "child_oral", "愿意，聊吧。"))


def _talk(desk: Desk, subject: str, case: Case) -> None:
    interview = interviews.start(desk, subject, KEPT)
    asked = {question.id for question in load_study().guide.questions}
    for said in case["answers"]:
        assert said["question"] in asked, said["question"]  # noqa: S101 - our own data file
        answers.save(desk, SaveAnswer(interview, editor=new_id(), base="{}", **said))


Act = Callable[[Desk, str, Case], None]
_STAGES: Mapping[str, tuple[Act, ...]] = {
    "slip": (),
    "carer": (_carer,),
    "guardian": (_guardian,),
    "child_no": (_guardian, _child_no),
    "child_yes": (_guardian, _child_yes),
    "open": (_guardian, _child_yes, _talk),
    "done": (_guardian, _child_yes, _talk),
}
