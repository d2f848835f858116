"""One machine of a rack: its power, boot order, console and controller, all in one process."""
