"""Images that must never reach a disk are refused, killed, and their bytes removed."""

import subprocess

import pytest


def qemu_img(*arguments):
    subprocess.run(["qemu-img", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def with_backing_file(folder):
    qemu_img("create", "-q", "-f", "raw", folder / "base", "1M")
    qemu_img("create", "-q", "-f", "qcow2", "-b", folder / "base", "-F", "raw", folder / "i")


def with_backing_file_of_the_host(folder):
    backing = ("-b", "/etc/shadow", "-F", "raw")
    qemu_img("create", "-q", "-u", "-f", "qcow2", *backing, folder / "i", "1M")


def with_external_data(folder):
    options = f"data_file={folder / 'data'},data_file_raw=on"
    qemu_img("create", "-q", "-f", "qcow2", "-o", options, folder / "i", "1M")


def encrypted(folder):
    qcow2(folder)
    header = bytearray((folder / "i").read_bytes())
    header[32:36] = (2).to_bytes(4, "big")  # crypt_method: LUKS
    (folder / "i").write_bytes(header)


def vmdk(folder):
    qemu_img("create", "-q", "-f", "vmdk", folder / "i", "1M")


def vmdk_descriptor(folder):
    (folder / "i").write_text(
        '# Disk DescriptorFile\nversion=1\nRW 1 FLAT "/etc/shadow" 0\n' + "\n" * 500
    )


def vdi(folder):
    qemu_img("create", "-q", "-f", "vdi", folder / "i", "1M")


def luks(folder):
    (folder / "i").write_bytes(b"LUKS\xba\xbe\0\2" + b"\0" * 100_000)


def truncated(folder):
    qemu_img("create", "-q", "-f", "qcow2", folder / "whole", "1M")
    (folder / "i").write_bytes((folder / "whole").read_bytes()[:60])


def empty(folder):
    (folder / "i").write_bytes(b"")


def raw(folder):
    (folder / "i").write_bytes(b"\x55" * 100_000)


def qcow2(folder):
    qemu_img("create", "-q", "-f", "qcow2", folder / "i", "1M")


def gzipped(folder):
    (folder / "i").write_bytes(b"\x1f\x8b\x08\x00" + b"\0" * 5000)


@pytest.mark.parametrize(
    ("make", "declared", "words"),
    [
        (with_backing_file, "qcow2", "backing file"),
        (with_backing_file_of_the_host, "qcow2", "backing file"),
        (with_external_data, "qcow2", "data in another file"),
        (encrypted, "qcow2", "encrypted"),
        (vmdk, "vmdk", "permitted"),
        (vmdk_descriptor, "raw", "permitted"),
        (vdi, "raw", "permitted"),
        (luks, "raw", "permitted"),
        (gzipped, "raw", "permitted"),
        (truncated, "qcow2", "refused"),
        (empty, "raw", "empty"),
        (empty, "ari", "empty"),
        (raw, "qcow2", "declared as qcow2, but its data is raw"),
        (raw, "iso", "declared as iso"),
        (qcow2, "raw", "declared as raw, but its data is qcow2"),
    ],
)
async def test_hostile_images_are_killed_and_gone(room, tmp_path, make, declared, words):
    make(tmp_path)
    image_id = await room.create(disk_format=declared)
    answer = await room.upload(image_id, (tmp_path / "i").read_bytes())
    assert answer.status == 400
    assert words in answer.json["message"]
    image = await room.show(image_id)
    assert image["status"] == "killed"
    assert image["status_detail"] == answer.json["message"]
    assert image["size"] is None
    assert room.files() == []
    assert (await room.upload(image_id, b"again")).status == 409


async def test_a_sound_qcow2_is_taken_with_its_virtual_size(room, tmp_path):
    qemu_img("create", "-q", "-f", "qcow2", tmp_path / "i", "5G")
    image_id = await room.an_image((tmp_path / "i").read_bytes(), disk_format="qcow2")
    image = await room.show(image_id)
    assert image["virtual_size"] == 5 * 1024**3
    assert image["size"] == (tmp_path / "i").stat().st_size


async def test_a_compressed_ramdisk_is_taken_as_it_is(room, tmp_path):
    gzipped(tmp_path)
    data = (tmp_path / "i").read_bytes()
    image_id = await room.an_image(data, disk_format="ari", container_format="ari")
    assert (await room.show(image_id))["status"] == "active"
