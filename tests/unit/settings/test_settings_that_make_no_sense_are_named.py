"""A setting that cannot work is refused at the start, by its name."""

import pytest

from bessemer.errors import ConfigurationError
from bessemer.settings import load_settings


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("[baremetal]\nlease_duration = -5", "baremetal.lease_duration"),
        ("[baremetal]\nconductor_heartbeat_interval = 0", "baremetal.conductor_heartbeat_interval"),
        ("[baremetal]\nimage_url_lifetime = 'PT0S'", "baremetal.image_url_lifetime"),
        ("[compute]\nsweep_interval = 0", "compute.sweep_interval"),
        ("[network]\nresync_interval = 0", "network.resync_interval"),
        ("[identity]\ntoken_lifetime = 0", "identity.token_lifetime"),
        ("[network]\ntenant_vlans = [[0, 10]]", "network.tenant_vlans"),
        ("[network]\ntenant_vlans = [[1, 4095]]", "network.tenant_vlans"),
        ("[network]\ntenant_vlans = [[20, 10]]", "network.tenant_vlans"),
        ("[network]\nhost_interface = 'eth{number}'", "network.host_interface"),
        ("[network]\nhost_interface = 'eth{'", "network.host_interface"),
        ("[network]\nhost_interface = 'much-too-long-{vlan}'", "network.host_interface"),
    ],
)
def test_it_is_refused_by_name(tmp_path, content, name):
    file = tmp_path / "bessemer.toml"
    file.write_text(content)
    with pytest.raises(ConfigurationError) as refusal:
        load_settings(file)
    assert refusal.value.message.startswith(f"{name}: ")


def test_sensible_ones_are_taken(tmp_path):
    file = tmp_path / "bessemer.toml"
    file.write_text("[network]\nhost_interface = 'eth1.{vlan}'\ntenant_vlans = [[1, 4094]]\n")
    assert load_settings(file).network.host_interface == "eth1.{vlan}"
