"""What people say about a mark goes and comes with it.

Deleting a mark changes none of its answers: they are their authors' words. While the mark is gone
its thread is read by nobody; an answer is then *stranded*, found by its author alone, who keeps or
drops it. When the mark is restored the thread is whole again, with what was answered meanwhile
(docs/decisions/threads-0001).
"""

from __future__ import annotations

from collections.abc import Iterable

from annotations.model import Annotation


def stranded(marks: Iterable[Annotation]) -> frozenset[str]:
    """Ids of the living answers whose mark is not among the living ones of `marks`, which are all
    marks of their layer, or all living ones."""
    living = {mark.id: mark for mark in marks if not mark.deleted}
    return frozenset(
        mark.id
        for mark in living.values()
        if mark.reply_to is not None and mark.reply_to not in living
    )


def read_by(person: str, marks: Iterable[Annotation]) -> list[Annotation]:
    """The living marks of a layer that this person reads: all but others' stranded answers."""
    living = [mark for mark in marks if not mark.deleted]
    gone = stranded(living)
    return [mark for mark in living if mark.author == person or mark.id not in gone]
