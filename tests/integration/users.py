"""Users with cookie jars of their own, who come one after the other and remember which version they met."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from testbed.load.connection import Connection, Response
from testbed.load.plan import Plan
from testbed.shop import Shop

_AT_ONCE = 24


class Users:
    def __init__(self, shop: Shop, number: int, path: str = "/login") -> None:
        self._plan, self._path = Plan(shop.url, shop.host), path
        self.jars: list[dict[str, str]] = [{} for _ in range(number)]
        self.seen: list[list[str]] = [[] for _ in range(number)]
        """By user: versions in the order of the visits."""

    def visit(self) -> Counter[str]:
        """Everybody comes once. How many met which version."""
        asyncio.run(self._visit())
        return Counter(seen[-1] for seen in self.seen)

    def who_met(self, version: str) -> set[int]:
        """At their last visit."""
        return {user for user, seen in enumerate(self.seen) if seen[-1] == version}

    def changes(self) -> Counter[tuple[str, str]]:
        """From which version to which, of all users together."""
        return Counter(pair for seen in self.seen for pair in pairwise(seen) if pair[0] != pair[1])

    async def _visit(self) -> None:
        users = iter(range(len(self.jars)))
        await asyncio.gather(*(self._come(users) for _ in range(_AT_ONCE)))

    async def _come(self, users: Iterator[int]) -> None:
        """Through one connection, as a gateway in front would send them."""
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(Connection, *self._plan.address)
        try:
            for user in users:
                self._keep(user, await asyncio.wait_for(connection.ask(self._request(user)), 10))
        finally:
            connection.close()

    def _request(self, user: int) -> bytes:
        cookies = "; ".join(f"{name}={value}" for name, value in self.jars[user].items())
        lines = [f"GET {self._path} HTTP/1.1", f"host: {self._plan.host}", *([f"cookie: {cookies}"] if cookies else [])]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _keep(self, user: int, response: Response) -> None:
        self.seen[user].append(response.version if response.status < 500 else str(response.status))
        self.jars[user].update(cookie.partition("=")[::2] for cookie in response.cookies)
