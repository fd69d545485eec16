"""Record consents one after the other until the end: for every line `NUMBER SECONDS` one fresh process does so.

Prints the id of each event once it is acknowledged. So many seconds after the acknowledgement NUMBER (0: from the
beginning) the kernel ends the process as it stands: nothing in it hears of that.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path

from fieldkit.acts import consents, forms, people, pseudonyms, screenings, users
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.people import NewChild
from fieldkit.clock import Clock
from fieldkit.rules import pinyin
from fieldkit.store.folder import Folder

PNG = b"\x89PNG\r\n\x1a\n" + bytes(2000)


def say(words: object) -> None:
    """Write a line at once: no end comes in the middle of it."""
    os.write(sys.stdout.fileno(), f"{words}\n".encode())


def write(path: Path, passphrase: str, number: int, seconds: float) -> None:
    folder = Folder.open(path)
    desk = users.unlock(folder, users.slots(folder)[0].code, passphrase, Clock())
    born = f"{desk.clock.today().year - 12}-01"
    for acknowledged in count():
        if acknowledged == number:
            signal.setitimer(signal.ITIMER_REAL, seconds)
        child = people.register(desk, NewChild("小满", "0394-0000000", "A03", "f", born, reasons={"alike": "another"}))
        screenings.record(desk, child, screenings.all_fit())
        form = forms.guardian_form(desk, child)
        items = {item.code: "yes" for item in form.items}
        name = pseudonyms.suggest(desk, child, "刘某")
        said = GuardianAnswer("mother", items, ["ok"] * len(form.teach_back), "刘某", pseudonym_zh=name.zh)
        said = replace(said, pseudonym_en=name.en, signer_name="王某", signature_png=PNG)
        say(consents.record(desk, child, said))


pinyin.read_aloud("山")  # its dictionary takes a second to read: every fork would spend it before the first consent
for asked in sys.stdin:
    child = os.fork()
    if child == 0:
        number, seconds = asked.split()
        write(Path(sys.argv[1]), sys.argv[2], int(number), float(seconds))
    os.waitpid(child, 0)
    say("ended")
