"""The agent's own TLS certificate: made at start, trusted because the heartbeat carries it."""

import datetime
import subprocess
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

CLOCK_SKEW = datetime.timedelta(seconds=3600)
VALIDITY = datetime.timedelta(days=90)
DEADLINE_S = 60.0

# `openssl ca` rather than `req -x509`: only it can back-date with OpenSSL 3.0.
CONFIGURATION = """\
[req]
prompt = no
distinguished_name = name
[name]
CN = {common_name}
[ca]
default_ca = own
[own]
database = {folder}/index
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = server
email_in_dn = no
[any]
commonName = supplied
[server]
subjectAltName = IP:{address}
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,digitalSignature,keyCertSign
extendedKeyUsage = serverAuth
"""


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """Files for the server, and the text that the conductor gets."""

    certificate_file: Path
    key_file: Path
    pem: str


def make_certificate(address: str, folder: Path, now: datetime.datetime) -> OwnCertificate:
    """EC P-384, `address` in subjectAltName, valid from an hour before `now` (UTC).

    Back-dated because this machine's clock may be ahead of the conductor's. Raises
    subprocess.CalledProcessError.
    """
    address = str(ip_address(address))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    config, index = folder / "openssl.cnf", folder / "index"
    key, request, certificate = folder / "key.pem", folder / "csr.pem", folder / "cert.pem"
    config.write_text(
        CONFIGURATION.format(folder=folder, address=address, common_name=address.replace(":", "-"))
    )
    index.write_text("")
    _openssl("req", "-new", "-config", str(config), "-nodes", "-newkey", "ec",
             "-pkeyopt", "ec_paramgen_curve:P-384", "-keyout", str(key), "-out", str(request))  # fmt: skip
    _openssl("ca", "-batch", "-selfsign", "-notext", "-config", str(config),
             "-keyfile", str(key), "-in", str(request), "-out", str(certificate),
             "-startdate", _moment(now - CLOCK_SKEW), "-enddate", _moment(now + VALIDITY))  # fmt: skip
    return OwnCertificate(certificate, key, certificate.read_text())


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=DEADLINE_S)


def _moment(moment: datetime.datetime) -> str:
    """RFC 5280 4.1.2.5.2 GeneralizedTime."""
    return moment.strftime("%Y%m%d%H%M%SZ")
