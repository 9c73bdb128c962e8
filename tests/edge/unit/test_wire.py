"""What is written in one turn of the event loop goes out together, in order, and before the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from edge_api.wire import Together


async def heard(speak: Callable[[Together], None]) -> bytes:
    """Return what comes out of a connection on which somebody speaks, and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        speak(Together(writer.transport))  # type: ignore[arg-type]  # a stream's transport has all that is asked
        await reader.read()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1") as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        try:
            return await asyncio.wait_for(reader.read(), 60)
        finally:
            writer.close()


@pytest.mark.parametrize("pieces", [1, 2, 7, 8, 9, 100])
def test_everything_arrives_in_order_before_the_end(pieces: int) -> None:
    """However many pieces are written in one turn; closing waits for them."""
    said = [b"%d," % number * 1000 for number in range(pieces)]

    def speak(line: Together) -> None:
        for each in said:
            line.write(each)
        line.close()

    assert asyncio.run(heard(speak)) == b"".join(said)


def test_a_head_and_a_body_are_one_write() -> None:
    """The transport below is asked once."""
    writes: list[bytes] = []

    class Counted(asyncio.Transport):
        """A transport that goes nowhere."""

        def write(self, data: bytes | bytearray | memoryview) -> None:
            """Take a piece."""
            writes.append(bytes(data))

    async def main() -> None:
        line = Together(Counted())
        line.write(b"head")
        line.write(b"body")
        assert writes == []
        await asyncio.sleep(0)
        assert writes == [b"headbody"]

    asyncio.run(main())


def test_what_is_asked_of_the_transport_is_asked_of_it() -> None:
    """Whose address it is, for one."""

    def speak(line: Together) -> None:
        line.write(str(line.get_extra_info("sockname")[0]).encode())
        line.close()

    assert asyncio.run(heard(speak)) == b"127.0.0.1"
