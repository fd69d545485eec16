"""A hub: what a coordinator hands to it, how it opens, and the card by which laptops know it (`sync/README.md`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import segno
from nacl import utils

from fieldkit.acts.desk import Desk, only
from fieldkit.clock import new_id
from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.records import canonical
from fieldkit.rules.members import COORDINATOR, Members, members
from fieldkit.rules.orders import Said
from sync import orders
from sync.client import Card
from sync.errors import NoDatabase
from sync.judge import Device, Rules

if TYPE_CHECKING:
    from sync.centre import Centre

FORMAT = 1
PASS, CARD = "hub pass", "hub card"
HOME = "CN"  # where data of children may lie unless the study says otherwise


class NotAPass(Refusal):
    """A file that is no hub pass."""

    code = "not_a_pass"
    message = N_(
        "This file is not a hub pass. Nothing was changed. A coordinator writes one with “fieldkit hub pass FILE”."
    )
    status = 422


class NotACard(Refusal):
    """A file that is no hub card."""

    code = "not_a_card"
    message = N_("This file is not a hub card. Nothing was changed. Ask whoever runs the hub for its hub-card.json.")
    status = 422


class CardTooLarge(Refusal):
    """No QR code holds this card: the certificate on it is a long chain."""

    code = "card_too_large"
    message = N_("The card is too large for a QR code, because of its certificate. Hand on the file.")
    status = 422


class WrongCountry(Refusal):
    """The hub stands where the study does not let its data lie."""

    code = "wrong_country"
    message = N_(
        "The study lets its data lie only in: {allowed}. Nothing was started. Say where this computer stands with "
        "--country, or run the hub on a computer that stands there."
    )


class NoHubDatabase(Refusal):
    """The database of the hub cannot be opened."""

    code = "no_hub_database"
    message = N_(
        "The hub's database cannot be opened: {what}. Nothing was started. "
        "Look at the address; for PostgreSQL install fieldkit[postgres]."
    )
    status = 503


class HubIsNew(Refusal):
    """`--restored` where nothing was restored."""

    code = "hub_is_new"
    message = N_("This database holds no hub of the study, so nothing was restored. Leave out --restored.")


@dataclass(frozen=True)
class Pass:
    """What a hub is told of the study: its id and root key, and the countries where its data may lie."""

    study: str
    root: str
    countries: tuple[str, ...]


@only(COORDINATOR)
def write_pass(desk: Desk) -> bytes:
    """Return the pass for a hub of this study; it holds no secret."""
    told = Pass(desk.device.study, desk.device.root, (HOME,))
    return canonical({"format": FORMAT, "kind": PASS, **asdict(told), "countries": list(told.countries)})


def read_pass(content: bytes) -> Pass:
    """Return the pass in *content*; raises NotAPass."""
    facts = _read(content, PASS, NotAPass)
    countries = facts.get("countries")
    if not isinstance(countries, list) or not all(isinstance(one, str) for one in (*countries, facts.get("root"))):
        raise NotAPass
    return Pass(facts["study"], facts["root"], tuple(countries))


def opened(told: Pass, database: str, country: str, now: Callable[[], str], *, restored: bool = False) -> Centre:
    """Return the hub of the study in *database*, founded if it was not there; *restored*: from an older backup.

    Raises WrongCountry, NoHubDatabase, HubIsNew.
    """
    from sync.centre import Centre  # here: SQLAlchemy takes a third of a laptop's start, and only a hub needs it
    from sync.hub_store import HubFacts, HubStore

    if country not in told.countries:
        raise WrongCountry(allowed=", ".join(told.countries))
    try:
        store = HubStore(database)
    except NoDatabase as error:
        raise NoHubDatabase(what=str(error).partition("\n")[0]) from error
    if restored:
        if store.hub(told.study) is None:
            raise HubIsNew
        store.renew(told.study, new_id())
    store.found(HubFacts(told.study, told.root, new_id(), utils.random(32), country))
    return Centre(store, told.study, rules(told), now)


def rules(told: Pass) -> Rules:
    """Return who the orders of the study recognise, for a hub that cannot judge orders itself."""

    def recognised(found: Iterable[bytes]) -> Mapping[str, Device]:
        everybody = _members(told, found)
        ends = {id_: one.streams for id_, one in everybody.gone.items()}
        return {
            id_: Device(one.verify, one.role, id_ in ends, ends.get(id_, {})) for id_, one in everybody.devices.items()
        }

    def may_erase(signer: str, found: Iterable[bytes]) -> bool:
        return any((one.verify, one.role) == (signer, COORDINATOR) for one in _members(told, found).users.values())

    def void(found: Sequence[bytes]) -> set[str]:
        everybody = _members(told, found)
        return {one.id for one in map(orders.parse, found) if not everybody.counts(one.id, one.signer)}

    return Rules(recognised, may_erase, void)


def _members(told: Pass, found: Iterable[bytes]) -> Members:
    parsed = [one for one in map(orders.parse, found) if one.study == told.study]
    return members([Said(one.kind, one.signer, one.body, one.id) for one in parsed], told.root)


def write_card(card: Card) -> bytes:
    """Return the card of a hub as a file; it holds no secret."""
    return canonical({"format": FORMAT, "kind": CARD, **asdict(card)})


def picture(content: bytes) -> bytes:
    """Return a card as a QR code of the same text, an SVG file. Raises CardTooLarge."""
    drawn = BytesIO()
    try:
        segno.make(content.decode(), error="l").save(drawn, kind="svg", scale=5, border=4)
    except segno.DataOverflowError as error:
        raise CardTooLarge from error
    return drawn.getvalue()


def read_card(content: bytes) -> Card:
    """Return the card in *content*, a file or the text of its QR code; raises NotACard."""
    facts = _read(content, CARD, NotACard)
    named = [facts.get(name) for name in Card.__dataclass_fields__]
    texts = [one for one in named if isinstance(one, str)]
    if len(texts) < len(named) or not texts[1].startswith(("http://", "https://")):
        raise NotACard
    return Card(*texts)


def _read(content: bytes, kind: str, refusal: type[Refusal]) -> dict[str, Any]:
    try:
        facts = json.loads(content)
        if (facts["format"], facts["kind"]) == (FORMAT, kind) and isinstance(facts["study"], str):
            return dict(facts)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise refusal from error
    raise refusal
