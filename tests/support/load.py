"""Requests to a web service while something happens to it, by clients that never try again."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Self

# Each client: whether it keeps its connection, what it asks for, and how long it rests after that.
# A machine has about 28,000 ports for connections, and each stays in use for a minute. If clients
# need more in that time, the network resets some.
CLIENTS = [
    *[(True, "/", 0.004)] * 4,
    *[(False, "/", 0.02)] * 4,
    *[(True, "/slow", 0.1)] * 3,
    *[(False, "/slow", 0.1)] * 3,
]


@dataclass
class Load:
    """Clients that ask a port of this machine until they are told to stop."""

    port: int
    done: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        for client in CLIENTS:
            thread = threading.Thread(target=self.ask, args=client)
            thread.start()
            self.threads.append(thread)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def wait_for(self, requests: int) -> None:
        """Go on until this many were answered."""
        while self.done.total() < requests:
            time.sleep(0.1)

    def ask(self, keep: bool, path: str, rest: float) -> None:
        """Ask again and again. http.client connects once for a request, and does not repeat it."""
        kind = f"{'kept' if keep else 'new'} {path}"
        connection = None
        for number in itertools.count():
            if self.stop.is_set():
                break
            connection = connection or HTTPConnection("127.0.0.1", self.port, timeout=20)
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    raise OSError(f"status {answer.status}")
            except (HTTPException, OSError) as error:
                self.failed.append(f"{kind}: request {number}: {error!r}")
                keep_this = False
            else:
                self.done[kind] += 1
                keep_this = keep
            if not keep_this:
                connection.close()
                connection = None
            time.sleep(rest)
        if connection:
            connection.close()
