"""Stores with real transactions and real crashes, for the world of tablets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from annotations.model import Layer
from annotations.store import MemoryStore, Store

T = TypeVar("T")


class StoreUnderTest(Protocol):
    """A store with real transactions and real crashes."""

    def transact(self, work: Callable[[Store], T]) -> T:
        """Run `work` in a transaction; commit when it returns, roll back when it raises."""
        ...

    def crash(self) -> None:
        """As after kill -9 and a new start: only what was committed is there."""
        ...

    def add_layer(self, layer: Layer) -> None: ...
    def forget_deleted(self, layer: str) -> set[str]:
        """Purge the deleted marks of a layer; returns the ids of exactly those."""
        ...

    def close(self) -> None: ...


class MemoryStoreUnderTest:
    """MemoryStore with transactions by copying."""

    def __init__(self) -> None:
        self.store = MemoryStore()

    def transact(self, work: Callable[[Store], T]) -> T:
        attempt = self.store.copy()
        result = work(attempt)
        self.store = attempt
        return result

    def crash(self) -> None:
        self.store = self.store.copy()

    def add_layer(self, layer: Layer) -> None:
        self.store.add_layer(layer)

    def forget_deleted(self, layer: str) -> set[str]:
        return self.store.forget_deleted(layer)

    def close(self) -> None:
        self.store = MemoryStore()
