"""Type, take words off the record, stop and discard, until killed: for every line on standard input one fresh process.

Prints the process id, then each step once it is acknowledged.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

from fieldkit.acts import answers, interviews, stops, users
from fieldkit.acts.answers import SaveAnswer
from fieldkit.clock import Clock
from fieldkit.store.folder import Folder

STAYS, GOES = "wq4nv8xk2zt6mp", "qx7vk2mpz9lw4td"


def write(path: Path, passphrase: str, interview: str) -> None:
    folder = Folder.open(path)
    desk = users.unlock(folder, users.slots(folder)[0].code, passphrase, Clock())
    line = interviews.page(desk, interview).questions[0]
    said = SaveAnswer(interview, line.id, line.editor, line.base, STAYS)
    for count in range(1, 4):
        answers.save(desk, replace(said, text=f"{STAYS}{GOES[: 5 * count]}"))
    print("saved", flush=True)
    kept = answers.off_record(desk, said, GOES)
    print("off the record", flush=True)
    answers.save(desk, replace(said, editor=kept.editor, base=kept.base, text=f"{STAYS} more"))
    print("more", flush=True)
    mark = stops.begin(desk, interview, "stop_discard").mark
    print("stopping", flush=True)
    stops.finish(desk, interview, mark)
    print("gone", flush=True)


for _ in sys.stdin:
    child = os.fork()
    if child == 0:
        print(os.getpid(), flush=True)
        write(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
        sys.stdin.read()
    os.waitpid(child, 0)
    print("ended", flush=True)
