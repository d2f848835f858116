"""The network room's first tables: networks, subnets, ports, addresses, switch ports, DHCP."""

import sqlalchemy as sa
from alembic import op

from bessemer.db.metadata import Timestamp

revision = "network_0001"
down_revision = None
branch_labels = ("network",)
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "network_networks",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("project_id", sa.String(255), nullable=False),
        sa.Column("description", sa.String(255), nullable=False),
        sa.Column("admin_state_up", sa.Boolean, nullable=False),
        sa.Column("shared", sa.Boolean, nullable=False),
        sa.Column("external", sa.Boolean, nullable=False),
        sa.Column("network_type", sa.String(32), nullable=False),
        sa.Column("physical_network", sa.String(64), nullable=False),
        sa.Column("vlan", sa.Integer, nullable=False),
        sa.Column("mtu", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_at", Timestamp, nullable=False),
        sa.Column("updated_at", Timestamp, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_networks")),
        sa.UniqueConstraint(
            "physical_network", "vlan", name=op.f("uq_network_networks_physical_network")
        ),
    )
    _index("network_networks", "name")
    _index("network_networks", "project_id")
    op.create_table(
        "network_subnets",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("network_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("project_id", sa.String(255), nullable=False),
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
        _reference("network_subnets", "network_id", "network_networks.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_subnets")),
    )
    for column in ("network_id", "name", "project_id"):
        _index("network_subnets", column)
    op.create_table(
        "network_ports",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("network_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("project_id", sa.String(255), nullable=False),
        sa.Column("description", sa.String(255), nullable=False),
        sa.Column("mac_address", sa.String(17), nullable=False),
        sa.Column("admin_state_up", sa.Boolean, nullable=False),
        sa.Column("device_id", sa.String(255), nullable=False),
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
        _reference("network_ports", "network_id", "network_networks.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_ports")),
        sa.UniqueConstraint("network_id", "mac_address", name=op.f("uq_network_ports_network_id")),
    )
    for column in ("network_id", "name", "project_id", "mac_address", "device_id"):
        _index("network_ports", column)
    op.create_table(
        "network_addresses",
        sa.Column("subnet_id", sa.String(36), nullable=False),
        sa.Column("ip_address", sa.String(15), nullable=False),
        sa.Column("port_id", sa.String(36), nullable=False),
        _reference("network_addresses", "subnet_id", "network_subnets.id"),
        _reference("network_addresses", "port_id", "network_ports.id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("subnet_id", "ip_address", name=op.f("pk_network_addresses")),
    )
    _index("network_addresses", "port_id")
    op.create_table(
        "network_switch_ports",
        sa.Column("switch", sa.String(255), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("port_id", sa.String(36)),
        sa.Column("vlan", sa.Integer),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("updated_at", Timestamp, nullable=False),
        _reference("network_switch_ports", "port_id", "network_ports.id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("switch", "name", name=op.f("pk_network_switch_ports")),
    )
    _index("network_switch_ports", "port_id")
    op.create_table(
        "network_dhcp",
        sa.Column("network_id", sa.String(36), nullable=False),
        sa.Column("wanted", sa.Integer, nullable=False),
        sa.Column("in_force", sa.Integer, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        _reference("network_dhcp", "network_id", "network_networks.id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("network_id", name=op.f("pk_network_dhcp")),
    )


def downgrade() -> None:
    """Take back."""
    for table in ("dhcp", "switch_ports", "addresses", "ports", "subnets", "networks"):
        op.drop_table(f"network_{table}")


def _index(table: str, column: str) -> None:
    op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _reference(
    table: str, column: str, target: str, ondelete: str | None = None
) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [target], name=name, ondelete=ondelete)
