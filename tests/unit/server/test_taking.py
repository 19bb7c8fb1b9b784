"""Items of the hot path that wait together are taken by one call, and fall one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from server.database import Database
from server.errors import DomainError
from server.identity import SYSTEM
from server.writer import Announcement, Effects
from tests.unit.server.test_database import announced, names, put, take_all_along, together


class Taking:
    """Takes names into a table. `sizes`: how many each call was given."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def take(self, raw: Any, items: Sequence[str]) -> list[tuple[str, Effects]]:
        self.sizes.append(len(items))
        taken = []
        for name in items:
            raw.execute("INSERT INTO topic VALUES (?, 0, 0)", (name,))
            if name == "bad":
                raise DomainError("no")
            if name == "last":
                take_all_along(raw)
            taken.append((name, Effects([Announcement(name, 1, "{}")])))
        return taken

    async def give(self, database: Database, name: str) -> str:
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def answered(result: Any, error: BaseException | None) -> None:
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)

        database.put_taken(self.take, name, answered, 100 if name.isupper() else 1)
        return await future


def codes(results: list[Any]) -> list[str]:
    return [getattr(one, "code", one) for one in results]


async def test_what_waits_together_is_taken_together_between_other_actions(
    database: Database, told: list[Effects]
) -> None:
    database.writing.group_ms = 10_000
    one, other = Taking(), Taking()
    results = await together(
        database,
        *(one.give(database, name) for name in "abc"),
        database.write(SYSTEM, put, "d"),
        *(one.give(database, name) for name in "ef"),
        other.give(database, "g"),
    )
    assert results == list("abcdefg")
    assert (one.sizes, other.sizes) == ([3, 2], [1])
    assert await database.read(names) == set("abcdefg")
    assert announced(told) == list("abcdefg")


async def test_a_unit_ends_at_the_bound_of_its_group(database: Database) -> None:
    database.writing.group, database.writing.group_ms = 4, 10_000
    taking = Taking()
    results = await together(database, *(taking.give(database, name) for name in "abcdefg"))
    assert results == list("abcdefg")
    assert taking.sizes == [3, 4], "the action that held the writer is one of the first group"


async def test_heavy_items_are_taken_a_few_at_a_time(database: Database) -> None:
    database.writing.group_ms = 10_000
    taking = Taking()
    await together(database, *(taking.give(database, name) for name in "ABCDEaF"))
    assert taking.sizes == [3, 4]
    assert await database.read(names) == set("ABCDEaF")


async def test_one_that_fails_is_taken_alone_and_keeps_nothing(
    database: Database, told: list[Effects]
) -> None:
    database.writing.group_ms = 10_000
    taking = Taking()
    work = [taking.give(database, name) for name in ("a", "bad", "b")]
    assert codes(await together(database, *work)) == ["a", "no", "b"]
    assert taking.sizes == [3, 1, 1, 1]
    assert await database.read(names) == {"a", "b"}
    assert sorted(announced(told)) == ["a", "b"]


async def test_one_that_takes_the_transaction_along_fails_alone(
    database: Database, told: list[Effects]
) -> None:
    database.writing.group_ms = 10_000
    taking = Taking()
    results = await together(
        database,
        database.write(SYSTEM, put, "before"),
        *(taking.give(database, name) for name in ("a", "last", "b")),
        database.write(SYSTEM, put, "after"),
    )
    assert codes(results) == ["before", "a", "disk_full", "b", "after"]
    assert await database.read(names) == {"before", "a", "b", "after"}
    assert sorted(announced(told)) == ["a", "after", "b", "before"]


async def test_two_that_take_it_along_fail_all_of_their_group(
    database: Database, told: list[Effects]
) -> None:
    database.writing.group_ms = 10_000
    taking = Taking()
    work = [taking.give(database, name) for name in ("a", "last", "last")]
    assert codes(await together(database, *work)) == ["disk_full"] * 3
    assert announced(told) == []
    assert await database.write(SYSTEM, put, "later") == "later"
    assert await database.read(names) == {"later"}
