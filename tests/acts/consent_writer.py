"""Record consents one after the other until killed: for every line on standard input one fresh process does so.

Prints the process id, then the id of each event once it is acknowledged.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

from fieldkit.acts import consents, forms, people, pseudonyms, screenings, users
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.people import NewChild
from fieldkit.clock import Clock
from fieldkit.store.folder import Folder

PNG = b"\x89PNG\r\n\x1a\n" + bytes(2000)


def write(path: Path, passphrase: str) -> None:
    folder = Folder.open(path)
    desk = users.unlock(folder, users.slots(folder)[0].code, passphrase, Clock())
    born = f"{desk.clock.today().year - 12}-01"
    while True:
        child = people.register(desk, NewChild("小满", "0394-0000000", "A03", "f", born))
        screenings.record(desk, child, screenings.all_fit())
        form = forms.guardian_form(desk, child)
        items = {item.code: "yes" for item in form.items}
        name = pseudonyms.suggest(desk, child, "刘某")
        said = GuardianAnswer("mother", items, ["ok"] * len(form.teach_back), "刘某", pseudonym_zh=name.zh)
        said = replace(said, pseudonym_en=name.en, signer_name="王某", signature_png=PNG)
        print(consents.record(desk, child, said), flush=True)


for _ in sys.stdin:
    child = os.fork()
    if child == 0:
        print(os.getpid(), flush=True)
        write(Path(sys.argv[1]), sys.argv[2])
    os.waitpid(child, 0)
    print("ended", flush=True)
