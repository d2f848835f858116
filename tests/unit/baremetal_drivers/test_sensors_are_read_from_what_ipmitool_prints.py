"""Sensor readings from `ipmitool -v sdr`, whatever a BMC puts into its names."""

from hypothesis import given
from hypothesis import strategies as st

from bessemer.baremetal.drivers.ipmi.answers import sensors

OUTPUT = """\
Sensor ID              : Inlet Temp (0x4)
 Entity ID             : 7.1 (System Board)
 Sensor Type (Threshold)  : Temperature (0x01)
 Sensor Reading        : 22 (+/- 0) degrees C
 Status                : ok
 Upper critical        : 46.000

Sensor ID              : Fan 1: front (0x30)
 Entity ID             : 29.1 (Fan Device)
 Sensor Type (Threshold)  : Fan (0x04)
 Sensor Reading        : No Reading
 Status                : ok

Sensor ID              : Intrusion (0x73)
 Entity ID             : 7.1 (System Board)
 Sensor Type (Discrete): Physical Security (0x05)
 Sensor Reading        : 0h

Sensor ID              : Event Only (0x99)
 Entity ID             : 7.1 (System Board)
 Sensor Type (Discrete): Watchdog 2 (0x23)
 States Asserted       : none

FRU Device Description : Builtin
"""


def test_readings_are_kept_by_kind_and_id() -> None:
    found = sensors(OUTPUT)
    assert set(found) == {"Temperature", "Fan", "Physical Security"}
    assert found["Temperature"] == {
        "Inlet Temp (0x4)": {
            "Sensor ID": "Inlet Temp (0x4)",
            "Entity ID": "7.1 (System Board)",
            "Sensor Type (Threshold)": "Temperature (0x01)",
            "Sensor Reading": "22 (+/- 0) degrees C",
            "Status": "ok",
            "Upper critical": "46.000",
        }
    }
    assert list(found["Fan"]) == ["Fan 1: front (0x30)"]


def test_what_is_no_sensor_is_left_out() -> None:
    for nonsense in ("", "\n\n\n", "Sensor ID : x", "Sensor Reading : 5\nSensor Type : Fan (0x04)"):
        assert sensors(nonsense) == {}


def test_there_is_an_end_to_what_a_bmc_may_have() -> None:
    block = "Sensor ID : s{0}\n Sensor Type (Threshold) : Fan (0x04)\n Sensor Reading : 1\n"
    many = "\n".join(block.format(n) for n in range(10_000))
    assert len(sensors(many)["Fan"]) == 4096


@given(st.text())
def test_anything_at_all_is_read_without_a_fault(text: str) -> None:
    sensors(text)
    sensors(OUTPUT.replace("Fan", text))
