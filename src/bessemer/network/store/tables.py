"""The network room's tables."""

import sqlalchemy as sa

from bessemer.db.metadata import Timestamp, metadata

networks = sa.Table(
    "network_networks",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("name", sa.String(255), nullable=False, index=True),
    sa.Column("project_id", sa.String(255), nullable=False, index=True),
    sa.Column("description", sa.String(255), nullable=False),
    sa.Column("admin_state_up", sa.Boolean, nullable=False),
    sa.Column("shared", sa.Boolean, nullable=False),
    sa.Column("external", sa.Boolean, nullable=False),
    sa.Column("network_type", sa.String(32), nullable=False),
    sa.Column("physical_network", sa.String(64), nullable=False),
    sa.Column("vlan", sa.Integer, nullable=False),  # flat networks: the native VLAN
    sa.Column("mtu", sa.Integer, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("created_at", Timestamp, nullable=False),
    sa.Column("updated_at", Timestamp, nullable=False),
    sa.UniqueConstraint("physical_network", "vlan"),
)

subnets = sa.Table(
    "network_subnets",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("network_id", sa.ForeignKey(networks.c.id), nullable=False, index=True),
    sa.Column("name", sa.String(255), nullable=False, index=True),
    sa.Column("project_id", sa.String(255), nullable=False, index=True),
    sa.Column("description", sa.String(255), nullable=False),
    sa.Column("cidr", sa.String(18), nullable=False),
    sa.Column("gateway_ip", sa.String(15)),
    sa.Column("enable_dhcp", sa.Boolean, nullable=False),
    sa.Column("service_address", sa.String(15)),
    sa.Column("pools", sa.JSON, nullable=False),
    sa.Column("dns_nameservers", sa.JSON, nullable=False),
    sa.Column("host_routes", sa.JSON, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("created_at", Timestamp, nullable=False),
    sa.Column("updated_at", Timestamp, nullable=False),
)

ports = sa.Table(
    "network_ports",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("network_id", sa.ForeignKey(networks.c.id), nullable=False, index=True),
    sa.Column("name", sa.String(255), nullable=False, index=True),
    sa.Column("project_id", sa.String(255), nullable=False, index=True),
    sa.Column("description", sa.String(255), nullable=False),
    sa.Column("mac_address", sa.String(17), nullable=False, index=True),
    sa.Column("admin_state_up", sa.Boolean, nullable=False),
    sa.Column("device_id", sa.String(255), nullable=False, index=True),
    sa.Column("device_owner", sa.String(255), nullable=False),
    sa.Column("host_id", sa.String(255), nullable=False),
    sa.Column("vnic_type", sa.String(64), nullable=False),
    sa.Column("profile", sa.JSON, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("dhcp_options", sa.JSON, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("created_at", Timestamp, nullable=False),
    sa.Column("updated_at", Timestamp, nullable=False),
    sa.UniqueConstraint("network_id", "mac_address"),
)

addresses = sa.Table(
    "network_addresses",
    metadata,
    sa.Column("subnet_id", sa.ForeignKey(subnets.c.id), primary_key=True),
    sa.Column("ip_address", sa.String(15), primary_key=True),
    sa.Column("port_id", sa.ForeignKey(ports.c.id, ondelete="CASCADE"), nullable=False, index=True),
)

switch_ports = sa.Table(
    "network_switch_ports",
    metadata,
    sa.Column("switch", sa.String(255), primary_key=True),  # its name in the settings
    sa.Column("name", sa.String(255), primary_key=True),  # its name on the switch
    sa.Column("port_id", sa.ForeignKey(ports.c.id, ondelete="SET NULL"), index=True),
    sa.Column("vlan", sa.Integer),  # NULL: parked
    sa.Column("generation", sa.Integer, nullable=False),  # grows with every new wish
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("updated_at", Timestamp, nullable=False),
)

dhcp = sa.Table(
    "network_dhcp",
    metadata,
    sa.Column("network_id", sa.ForeignKey(networks.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("wanted", sa.Integer, nullable=False),  # grows with every change DHCP must know
    sa.Column("in_force", sa.Integer, nullable=False),  # what the server confirmed; 0: nothing
    sa.Column("detail", sa.Text, nullable=False),
)
