"""Sensor records as ipmitool will take them apart."""

import pytest

from bessemer_lab.bmc import sensors


@pytest.mark.parametrize("number", range(len(sensors.SENSORS)))
def test_a_record_says_its_number_length_and_name(number: int) -> None:
    record = sensors.record(number)
    name = sensors.SENSORS[number].name.encode()
    assert int.from_bytes(record[:2], "little") == number
    assert record[4] == len(record) - 5
    # Section 43.1: byte 8 is the sensor's number, byte 48 the name's type and length.
    assert record[7] == number
    assert record[47] == 0xC0 | len(name)
    assert record[48:] == name


def test_the_last_record_says_so() -> None:
    assert sensors.next_record(0) == 1
    assert sensors.next_record(len(sensors.SENSORS) - 1) == 0xFFFF


def test_a_cold_cpu_has_no_temperature() -> None:
    assert sensors.reading(1, powered=False)[1] & sensors.UNAVAILABLE
    assert sensors.reading(1, powered=True)[0] == 41
