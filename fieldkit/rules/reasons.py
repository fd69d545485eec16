"""Why a consent does not open an interview, and the step that helps: by its state (`domain.md` §3.3, §3.4)."""

from __future__ import annotations

from collections.abc import Mapping

from fieldkit.rules import states
from fieldkit.studies import Pair

BY_STATE: Mapping[str, tuple[Pair, str | None]] = {
    states.NOT_SOUGHT: (
        Pair(
            "还没有监护人的同意。同意要由爸爸或妈妈来给。",
            "No guardian has consented yet. Consent has to come from a parent.",
        ),
        "ask_guardian",
    ),
    states.INFORMED: (
        Pair(
            "监护人听过介绍，还没有说同不同意。电话断了就要从头问。",
            "The guardian was told but has not decided. After a dropped call begin again.",
        ),
        "ask_guardian",
    ),
    states.DEFERRED: (Pair("监护人还要想一想。", "The guardian is still thinking about it."), "ask_guardian"),
    states.DECLINED: (
        Pair(
            "有一位监护人的不同意还没有收回，别的同意现在不算数。",
            "A guardian's no is still open; until it is taken back no other consent counts.",
        ),
        None,
    ),
    states.WITHDRAWN: (Pair("监护人已经让孩子退出。", "A guardian has withdrawn the child."), None),
    states.NEEDS_RECONSENT: (
        Pair(
            "同意书有了重大变更，要请监护人再听一遍，再说同不同意。",
            "The form changed in an important way: the guardian has to hear it and decide again.",
        ),
        "ask_guardian",
    ),
    states.NEEDS_RECONFIRM: (
        Pair(
            "给过同意的人现在不是监护人了，要由现在的监护人来给。",
            "Whoever consented is no guardian any more: the present guardian has to decide.",
        ),
        "ask_guardian",
    ),
    states.NEEDS_PAPER: (
        Pair(
            "同意的人不是父母，看过的材料没有写名称和编号。补上是什么材料，这份同意就又算数。",
            "Whoever consented is no parent, and the paper that was seen has no name. Write which paper it was, and "
            "the consent counts again.",
        ),
        "name_paper",
    ),
    states.LAPSED: (Pair("已满十八周岁，要本人同意。", "18 or over: their own consent is needed."), "ask_adult"),
    states.VOIDED: (
        Pair(
            "以前的同意已经作废，要重新问。",
            "The earlier consent was voided: ask again.",
        ),
        "ask_guardian",
    ),
}
GROWN_BY_CLOCK = Pair(
    "按这台电脑的日期已满十八周岁，可是这个日期还没有人确认。先在“今天”页把日期核对好，再看该问谁。",
    "By this laptop's date they are 18, but nobody has confirmed that date. Put it right on the page “Today”; then it "
    "is clear whom to ask.",
)
NEITHER_PARENT = Pair(
    "按“家庭情况”页的登记，父母现在都不能作监护人。同意要由依法担任监护人的人来给，要看过证明。",
    "By the household page neither parent can consent now. Consent has to come from the guardian by law, with a paper "
    "that shows it.",
)
TWO_VERSIONS = Pair(
    "“家庭情况”页上，能不能作监护人，有人写得不一样，现在是两个版本；选定以前，同意不算数。请协调员在“两个版本”里选定；您确实知道的，"
    "也可以在“家庭情况”页改好。",
    "On the household page two versions stand about whether somebody can be the guardian; until one is chosen, their "
    "consent does not count. The coordinator chooses under “Two versions”; what you know for certain you can put right "
    "on the household page.",
)
NOT_ALL_ITEMS = Pair(
    "监护人还没有对参加、文字记录和保存都表示同意。请再问一次。",
    "The guardian has not said yes to taking part, notes and storage. Ask again.",
)


def only_a_carer(carer: Pair) -> Pair:
    """Say that *carer*, who agreed, is none who can consent."""
    return Pair(
        f"{carer.zh}的配合确认已经存好。{carer.zh}是照护人，同意要由爸爸或妈妈来给。",
        f"{carer.en}: the agreement is saved. That makes a carer; consent has to come from a parent.",
    )


NO_STAMP = Pair(
    "监护人同意书还没有伦理委员会在这一天有效的盖章：请协调员先登记，登记了才能问家长。家长说不同意，现在也能记。",
    "The guardian's form bears no stamp of the ethics committee that covers this day: the coordinator enters it first, "
    "then a guardian can be asked. A no can be kept now.",
)
NOT_AGAIN = Pair("孩子今天说了不愿意，今天不再问。", "The child said no today; do not ask again today.")
NOT_TOLD = Pair("今天不再说。", "Not today.")
NO_THAT_DAY = Pair(
    "孩子那一天说了不愿意：那一天的访谈不录入。",
    "The child said no on that day: no interview of that day is typed in.",
)
SAID_NO = Pair(
    "孩子说过不愿意，这个“不”还没有收回。孩子自己提起，才可以再问。",
    "The child has said no, and has not taken it back. Ask again only if the child brings it up.",
)
NOT_AT_THIS_AGE = Pair("不适用。", "Does not apply.")
FIRST_THE_GUARDIAN = Pair("监护人同意之后，再亲口问孩子。", "Once the guardian has agreed, ask the child in person.")
CHILD_THINKS = Pair(
    "孩子还想再想想，别催。给孩子一点时间再问，一天只再问一次。",
    "The child wants to think about it. Do not hurry: leave time, and ask once more, once on one day.",
)
ASK_THE_CHILD = Pair(
    "接下来亲口问孩子今天愿不愿意聊。",
    "Next, ask the child in person whether it wants to talk today.",
)
NOT_CARRIED_OUT = Pair(
    "这台电脑上有一步为这个孩子填了、还没有办完，可能是不愿意、想一想、停下或退出。先问填的人，再开始。",
    "A step for this child was filled in on this laptop and is not carried out: it may be a no, “let me think”, a stop "
    "or a withdrawal. Ask whoever filled it in before you start.",
)
