"""The tail of a ZIP archive against chance."""

from server.sandbox.child.seccomp import build_filter
from server.sandbox.disguise import has_zip_tail

RECORD = b"PK\x05\x06" + bytes(16)


def test_an_archive_ends_in_its_record() -> None:
    assert has_zip_tail(b"%%EOF" + RECORD + b"\x00\x00")
    assert has_zip_tail(b"%%EOF" + RECORD + b"\x05\x00hello")
    assert has_zip_tail(b"%%EOF" + RECORD + b"\x00\x00\r\n")


def test_four_letters_alone_prove_nothing() -> None:
    assert not has_zip_tail(b"")
    assert not has_zip_tail(b"PK\x05\x06")
    assert not has_zip_tail(RECORD + b"\x00\x00" + b"endstream endobj")


def test_filters_exist_for_both_machines() -> None:
    for machine in ("x86_64", "aarch64"):
        program = build_filter(machine)
        assert len(program) % 8 == 0
        assert len(program) // 8 < 4096
