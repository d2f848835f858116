"""What of a BMC's words is a number, and which kinds are kept."""

import pytest

from bessemer.baremetal.domain.sensors import Measurement, measurements, of_types


@pytest.mark.parametrize(
    ("words", "value", "unit"),
    [
        ("21 (+/- 1) degrees C", 21.0, "degrees C"),
        ("21 degrees C", 21.0, "degrees C"),
        ("4800 RPM", 4800.0, "RPM"),
        ("-3.25 Volts", -3.25, "Volts"),
        ("98.784 (+/- 0) percent", 98.784, "percent"),
        ("12", 12.0, ""),
    ],
)
def test_a_number_is_taken_with_its_unit(words, value, unit):
    readings = {"Kind": {"Sensor (0x1)": {"Sensor Reading": words}}}
    assert list(measurements(readings)) == [Measurement("Kind", "Sensor (0x1)", value, unit)]


@pytest.mark.parametrize("words", ["0h", "No Reading", "", "Not Readable", "0x0180", "1.2.3 V"])
def test_a_state_is_no_number(words):
    assert list(measurements({"Kind": {"Sensor": {"Sensor Reading": words}}})) == []
    assert list(measurements({"Kind": {"Sensor": {}}})) == []


def test_kinds_are_named_in_any_case_of_letters():
    readings = {"Temperature": {"a": {}}, "Fan": {"b": {}}}
    assert of_types(readings, ("ALL",)) == readings
    assert of_types(readings, ("all", "Fan")) == readings
    assert of_types(readings, ("fan",)) == {"Fan": {"b": {}}}
