"""What every vendor plug-in must do."""

import inspect

import pytest

from bessemer.baremetal.interfaces.vendor import VendorInterface, chosen
from bessemer.errors import Invalid

_VERBS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


class VendorContract:
    """Subclasses give the fixture `vendor`."""

    def test_every_method_can_be_called_by_its_row(self, vendor: VendorInterface) -> None:
        for rows in (vendor.passthru_methods(), vendor.driver_passthru_methods()):
            for name, row in rows.items():
                assert row.name == name
                assert inspect.iscoroutinefunction(getattr(vendor, row.attribute))
                assert row.http_methods
                assert set(row.http_methods) <= _VERBS
                assert row.description.endswith(".")

    def test_the_right_verb_finds_the_row(self, vendor: VendorInterface) -> None:
        for name, row in vendor.passthru_methods().items():
            for verb in row.http_methods:
                assert chosen(vendor.passthru_methods(), name, verb) is row
            for verb in _VERBS - set(row.http_methods):
                with pytest.raises(Invalid, match="possible: "):
                    chosen(vendor.passthru_methods(), name, verb)

    def test_an_unknown_name_is_refused_with_the_known_ones(self, vendor: VendorInterface) -> None:
        with pytest.raises(Invalid, match="There is no vendor method 'x' here; possible: "):
            chosen(vendor.passthru_methods(), "x", "POST")
