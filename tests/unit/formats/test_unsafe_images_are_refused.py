"""The allow-list: other formats, other files, damaged and hostile images."""

import random
import subprocess
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from tests.unit.formats.images import qemu_img, reader, unpacked

from bessemer_formats import ImageFacts, ImageFormat, UnsafeImage, check_allowed, inspect
from bessemer_formats.qcow2.header import Qcow2Header
from bessemer_formats.qcow2.mapping import read_map


def facts_of(content: bytes) -> ImageFacts:
    return inspect(reader(content), len(content))


def a_qcow2(folder: Path, *options: str) -> bytes:
    path = folder / "image.qcow2"
    qemu_img("create", "-q", "-f", "qcow2", *options, path, "4M")
    return path.read_bytes()


@pytest.mark.parametrize(
    ("format_name", "options"),
    [("vmdk", ()), ("vdi", ()), ("vpc", ()), ("vpc", ("-o", "subformat=fixed")), ("vhdx", ()),
     ("qed", ()), ("parallels", ()), ("vmdk", ("-o", "subformat=monolithicFlat"))],
)  # fmt: skip
def test_other_formats_are_recognised(
    tmp_path: Path, format_name: str, options: tuple[str, ...]
) -> None:
    path = tmp_path / "image"
    qemu_img("create", "-f", format_name, *options, path, "4M")
    facts = facts_of(path.read_bytes())
    assert facts.format not in (ImageFormat.RAW, ImageFormat.QCOW2)
    with pytest.raises(UnsafeImage, match="permitted are"):
        check_allowed(facts)


@pytest.mark.parametrize("program", ["gzip", "xz", "zstd", "bzip2"])
def test_compressed_files_are_recognised(program: str) -> None:
    packed = subprocess.run([program, "-c"], input=bytes(9999), capture_output=True, check=True)
    with pytest.raises(UnsafeImage, match="permitted are"):
        check_allowed(facts_of(packed.stdout))


def test_plain_bytes_are_raw_and_a_partition_table_shows(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.write_bytes(bytes(4 << 20))
    assert facts_of(disk.read_bytes()) == ImageFacts(ImageFormat.RAW, 4 << 20)
    for label, kind in (("gpt", ImageFormat.GPT), ("dos", ImageFormat.RAW)):
        script = f"label: {label}\n2048,1024\n".encode()
        subprocess.run(["sfdisk", "-q", "-w", "always", disk], input=script, check=True)
        facts = facts_of(disk.read_bytes())
        assert facts.format is kind
        assert facts.is_called("raw")
        check_allowed(facts, ["raw"])


def test_luks_and_iso() -> None:
    assert facts_of(b"LUKS\xba\xbe" + bytes(4096)).format is ImageFormat.LUKS
    assert facts_of(bytes(0x8001) + b"CD001" + bytes(4096)).format is ImageFormat.ISO


def test_a_backing_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "below").write_bytes(bytes(4 << 20))
    content = a_qcow2(tmp_path, "-b", str(tmp_path / "below"), "-F", "raw")
    with pytest.raises(UnsafeImage, match="below"):
        check_allowed(facts_of(content))


def test_an_external_data_file_is_refused_by_name(tmp_path: Path) -> None:
    content = a_qcow2(tmp_path, "-o", f"data_file={tmp_path / 'outside'}")
    with pytest.raises(UnsafeImage, match="outside"):
        check_allowed(facts_of(content))


def test_encryption_is_refused(tmp_path: Path) -> None:
    secret = ("--object", "secret,id=s,data=x", "-o", "encrypt.format=luks,encrypt.key-secret=s")
    with pytest.raises(UnsafeImage, match="encrypted"):
        check_allowed(facts_of(a_qcow2(tmp_path, *secret)))


@pytest.mark.parametrize(("options", "word"), [("extended_l2=on,cluster_size=128k", "extended L2")])
def test_unsupported_features_are_refused(tmp_path: Path, options: str, word: str) -> None:
    with pytest.raises(UnsafeImage, match=word):
        facts_of(a_qcow2(tmp_path, "-o", options))


def test_zstd_clusters_are_refused_with_the_remedy(tmp_path: Path) -> None:
    raw, packed = tmp_path / "raw", tmp_path / "packed"
    raw.write_bytes(b"bare metal" * 100_000)
    qemu_img("convert", "-c", "-O", "qcow2", "-o", "compression_type=zstd", raw, packed)
    with pytest.raises(UnsafeImage, match="qemu-img convert"):
        unpacked(packed.read_bytes(), [1 << 20])


def test_a_qcow2_must_be_called_qcow2(tmp_path: Path) -> None:
    facts = facts_of(a_qcow2(tmp_path))
    assert facts.is_called("qcow2")
    assert not facts.is_called("raw")


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 12))
def test_damage_never_gets_past_the_reader(seed: int, count: int) -> None:
    """Whatever bytes change: the image is refused or gives a disk of its announced size."""
    dice = random.Random(seed)
    content = bytearray(DAMAGED)
    for _ in range(count):
        content[dice.choice([dice.randrange(112), dice.randrange(len(content))])] = dice.randrange(
            256
        )
    try:
        header = Qcow2Header.read(reader(bytes(content)), len(content))
        if header.virtual_size <= 64 << 20:
            unpacked(bytes(content), [65_536])
        else:
            read_map(reader(bytes(content)), header, len(content))
    except UnsafeImage:
        event("refused")


def _image_to_damage() -> bytes:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        raw, packed = Path(folder, "raw"), Path(folder, "packed")
        raw.write_bytes(random.Random(1).randbytes(30_000) + b"bare metal" * 9_000 + bytes(90_000))
        qemu_img("convert", "-c", "-O", "qcow2", "-o", "cluster_size=4096", raw, packed)
        return packed.read_bytes()


DAMAGED = _image_to_damage()
