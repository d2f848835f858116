"""An order may end the machine: whoever gave it must have the answer by then."""

import threading

from bessemer_agent.commands.command import Command
from bessemer_agent.journal import Journal
from bessemer_wire import CommandRequest, CommandStatus


def test_a_command_that_is_taken_on_begins_when_it_is_told_to():
    ran = threading.Event()
    commands = {"standby.power_off": Command(lambda call: ran.set(), asynchronous=True)}
    journal = Journal(commands, started=lambda: None, finished=lambda: None)
    entry = journal.submit(CommandRequest("standby.power_off", {}))
    assert entry.command_status is CommandStatus.RUNNING
    assert not ran.wait(0.1)
    journal.begin(entry.id)
    assert journal.wait(entry.id).command_status is CommandStatus.SUCCEEDED
    journal.begin(entry.id)
    assert [each.command_name for each in journal.list()] == ["power_off"]
