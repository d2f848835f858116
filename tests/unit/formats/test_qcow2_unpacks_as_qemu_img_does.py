"""Any layout, cluster size, version, compression and any piece size: the same disk as qemu-img."""

import random
import subprocess
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.formats.images import qemu_img, unpacked

KIB = 1024
AREAS = st.lists(
    st.tuples(
        st.integers(0, 2000), st.integers(1, 300), st.sampled_from(["noise", "text", "zeros"])
    ),
    max_size=6,
)
FILLINGS = {
    "noise": lambda size: random.Random(size).randbytes(size),
    "text": lambda size: (b"bare metal %d " % size * (size // 12 + 1))[:size],
    "zeros": bytes,
}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    areas=AREAS,
    sectors=st.integers(1, 4500),
    cluster_kib=st.sampled_from([0.5, 4, 64, 2048]),
    version=st.sampled_from(["0.10", "1.1"]),
    compress=st.booleans(),
    pieces=st.lists(st.integers(1, 300_000), min_size=1, max_size=3),
)
def test_it_is_the_same_disk(
    areas: list[tuple[int, int, str]],
    sectors: int,
    cluster_kib: float,
    version: str,
    compress: bool,
    pieces: list[int],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        raw, packed = Path(folder, "raw"), Path(folder, "qcow2")
        content = bytearray(sectors * 512)
        for start_kib, length_kib, filling in areas:
            start = min(start_kib * KIB, len(content))
            length = min(length_kib * KIB, len(content) - start)
            content[start : start + length] = FILLINGS[filling](length)
        raw.write_bytes(content)
        options = f"compat={version},cluster_size={int(cluster_kib * KIB)}"
        convert = ["convert", "-O", "qcow2", "-o", options, *(["-c"] if compress else [])]
        qemu_img(*convert, raw, packed)
        pieces = [max(piece, packed.stat().st_size // 500) for piece in pieces]
        assert unpacked(packed.read_bytes(), pieces) == bytes(content)


def test_clusters_written_out_of_order_and_snapshots(tmp_path: Path) -> None:
    image = tmp_path / "image"
    qemu_img("create", "-f", "qcow2", "-o", "cluster_size=4096", image, "8M")
    writes = [
        argument
        for number in (7, 3, 5, 1, 6, 0)
        for argument in ("-c", f"write -P {number + 17} {number}M 700k")
    ]
    for command in (["qemu-io", *writes], ["qemu-img", "snapshot", "-c", "before"]):
        subprocess.run([*command, image], check=True, capture_output=True)
    more = ["-c", "write -P 99 2100k 9000", "-c", "write -z 3M 64k", "-c", "discard 5M 128k"]
    subprocess.run(["qemu-io", *more, image], check=True, capture_output=True)
    qemu_img("convert", "-O", "raw", image, tmp_path / "raw")
    assert unpacked(image.read_bytes(), [70_001]) == (tmp_path / "raw").read_bytes()
