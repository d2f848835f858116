"""AgentClient against the agent's real API over TLS, and against what is no agent."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from tests.baremetal_task import a_node
from tests.integration.baremetal_agent.loopback_agent import TOKEN

from bessemer.baremetal.domain.secret import Secret
from bessemer.baremetal.drivers.agent.client import AgentClient
from bessemer.baremetal.drivers.agent.trouble import (
    AgentBusy,
    AgentCommandFailed,
    AgentRefused,
    AgentUnintelligible,
    AgentUnreachable,
)
from bessemer.errors import HardwareFailure, Transient
from bessemer_wire import CommandStatus


def node_of(agent, **changes):
    return a_node(driver_internal_info={**agent.facts(), **changes})


async def test_status_and_commands(agent, client):
    node = node_of(agent)
    status = await client.status(node)
    assert (status.started_at, status.version) == (1.5, "11.0.0")
    assert await client.commands(node) == []


async def test_a_quick_command_answers_with_its_result(agent, client):
    answer = await client.ask(node_of(agent), "deploy.get_deploy_steps", {})
    assert "deploy_steps" in answer


async def test_a_long_command_is_followed_in_the_list(agent, client):
    node = node_of(agent)
    entry = await client.start(node, "other.work", {"a": 1})
    assert entry.command_status is CommandStatus.RUNNING
    await asyncio.to_thread(agent.held.begun.wait, 5)
    (listed,) = await client.commands(node)
    assert listed.id == entry.id
    assert listed.command_progress.total_bytes == 1000 * 1024**2
    assert agent.held.calls == [{"a": 1}]


async def test_a_config_drive_of_64_mib_goes_through(agent, client):
    agent.held.may_end.set()
    drive = "A" * (64 * 1024**2)
    await client.start(node_of(agent), "other.work", {"configdrive": drive})
    await asyncio.to_thread(agent.held.begun.wait, 5)
    assert len(agent.held.calls[0]["configdrive"]) == len(drive)


async def test_an_agent_at_work_is_busy(agent, client):
    await client.start(node_of(agent), "other.work", {})
    with pytest.raises(AgentBusy, match="command work is running"):
        await client.start(node_of(agent), "other.work", {})


async def test_a_wrong_token_is_refused_in_the_agents_words(agent, client):
    with pytest.raises(AgentRefused, match="Token invalid") as refused:
        await client.commands(node_of(agent, agent_secret_token=Secret("not-this-one")))
    assert refused.value.status == 401
    assert "not-this-one" not in str(refused.value)
    assert isinstance(refused.value, HardwareFailure)


async def test_an_unknown_command_is_refused(agent, client):
    with pytest.raises(AgentRefused, match=r"no command 'rescue\.x'") as refused:
        await client.ask(node_of(agent), "rescue.x", {})
    assert refused.value.status == 404


async def test_a_failed_command_tells_why(agent, client):
    agent.held.fails_with = "no disk of 4 GiB or more"
    agent.held.may_end.set()
    with pytest.raises(AgentCommandFailed, match="no disk of 4 GiB or more"):
        await client.ask(node_of(agent), "other.work", {})


async def test_another_certificate_than_the_one_handed_over_is_not_spoken_to(
    agent, client, other_certificate
):
    node = node_of(agent, agent_verify_ca=other_certificate.pem)
    with pytest.raises(AgentUnreachable, match="another certificate"):
        await client.start(node, "other.work", {})
    assert agent.orders() == []


async def test_a_pooled_connection_does_not_outlive_its_certificate(
    agent, client, other_certificate
):
    await client.commands(node_of(agent))
    with pytest.raises(AgentUnreachable, match="another certificate"):
        await client.commands(node_of(agent, agent_verify_ca=other_certificate.pem))
    assert await client.commands(node_of(agent)) == []


async def test_without_a_certificate_a_self_signed_one_is_not_trusted(agent, client):
    with pytest.raises(AgentUnreachable):
        await client.commands(node_of(agent, agent_verify_ca=None))


@pytest.mark.parametrize(
    "facts",
    [
        {"agent_url": "http://127.0.0.1:1", "agent_verify_ca": "PEM"},
        {"agent_url": "file:///etc/passwd"},
        {"agent_url": "https://user:pw@127.0.0.1:1"},
        {"agent_url": "https://127.0.0.1:1", "agent_verify_ca": "no PEM"},
        {"agent_url": "https://[::1"},
        {"agent_url": "https://127.0.0.1:notaport"},
    ],
)
async def test_an_address_or_certificate_that_makes_no_sense_is_refused(client, facts):
    with pytest.raises((AgentRefused, AgentUnreachable)):
        await client.commands(a_node(driver_internal_info=facts))


async def test_a_node_whose_agent_never_called(client):
    with pytest.raises(AgentUnreachable, match="has not called back"):
        await client.commands(a_node())


async def test_a_dead_agent_is_unreachable_and_that_is_worth_another_try(agent, client):
    node = node_of(agent)
    await client.commands(node)
    agent.die()
    with pytest.raises(AgentUnreachable, match="takes no connection") as lost:
        await client.commands(node)
    assert isinstance(lost.value, Transient)


async def test_the_client_can_be_closed_and_used_again(agent, client):
    await client.commands(node_of(agent))
    await client.close()
    assert await client.commands(node_of(agent)) == []


@asynccontextmanager
async def something_answering(raw: bytes | None):
    """A TCP server that answers anything with these bytes; None: with silence."""

    async def answer(reader, writer):
        await reader.read(1)
        if raw is not None:
            writer.write(raw)
            await writer.drain()
        else:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield a_node(
            driver_internal_info={
                "agent_url": f"http://127.0.0.1:{port}",
                "agent_secret_token": Secret(TOKEN),
            }
        )


def http(body: bytes, status: str = "200 OK", *more: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *more]
    return ("\r\n".join(head) + "\r\n\r\n").encode() + body


GARBAGE = {
    "html": http(b"<html>login</html>"),
    "a list": http(b"[]"),
    "no list of commands": http(b'{"commands": 7}'),
    "commands that are none": http(b'{"commands": [7]}'),
    "an unknown status": http(
        b'{"commands": [{"id": "1", "command_name": "x", "command_status": "MAYBE"}]}'
    ),
    "numbers that are none": http(
        json.dumps(
            {
                "commands": [
                    {
                        "id": "1",
                        "command_name": "x",
                        "command_status": "RUNNING",
                        "command_progress": {"done_bytes": "many", "total_bytes": []},
                    }
                ]
            }
        ).encode()
    ),
    "depth": http(b'{"commands":' + b"[" * 100_000),
    "not utf-8": http(b'{"commands": "\xff\xfe"}'),
    "a redirect": http(b"", "302 Found", "Location: http://127.0.0.1:1/"),
    "no http": b"220 ftp.example ready\r\n",
    "half an answer": b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
    "nothing": b"",
}


@pytest.mark.parametrize("raw", GARBAGE.values(), ids=GARBAGE.keys())
async def test_garbage_counts_as_no_answer_and_tells_no_secret(client, raw):
    async with something_answering(raw) as node:
        with pytest.raises(AgentUnreachable) as lost:
            await client.commands(node)
        assert TOKEN not in str(lost.value)
        assert lost.value.__cause__ is None


async def test_an_http_error_of_something_else_is_told_without_markup(client):
    async with something_answering(http(b"<b>oops</b>", "500 Internal")) as node:
        with pytest.raises(AgentRefused, match="HTTP status 500"):
            await client.commands(node)


async def test_an_endless_answer_is_cut(client, monkeypatch):
    monkeypatch.setattr("bessemer.baremetal.drivers.agent.client.LARGEST_ANSWER", 1000)
    async with something_answering(http(b" " * 5000)) as node:
        with pytest.raises(AgentUnintelligible, match="longer than"):
            await client.commands(node)


async def test_silence_ends_in_time(client):
    async with something_answering(None) as node:
        with pytest.raises(AgentUnreachable, match="no answer within 2 s"):
            await client.commands(node)


def test_a_client_needs_no_event_loop_to_be_made():
    AgentClient()
