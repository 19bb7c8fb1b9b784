"""Real browsers and a real encoder in one meeting: the whole bridge, from process to picture."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from .front import CHROMIUM, browser, front, grows, inbound, until, window

pytestmark = [
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium"),
    pytest.mark.timeout(120),
]


async def test_three_windows_in_a_vp8_meeting(tmp_path: Path) -> None:
    """Simulcast, slots, a switched stage, one window gone and back, the worker killed."""
    with front(log=tmp_path / "log") as made:
        async with async_playwright() as playwright:
            chromium = await browser(playwright)
            pages = [await window(chromium, made) for _ in range(3)]
            a, b, c = pages
            for name, page in (("a", a), ("b", b)):
                await page.evaluate(f"bridge.publish('m', '{name}', {{width: 960}})")
                await page.evaluate(f"bridge.receive('m', '{name}')")
            await c.evaluate("bridge.receive('m', 'c')")
            for page in pages:
                await page.evaluate("void bridge.keep()")
            made.stage("m", {"V0": "a", "V1": "b"}, {"A0": "a"})

            # pictures, and sound that can be heard
            await grows(c, "V:0", "decoded", 10)
            await grows(c, "V:1", "decoded", 10)
            await grows(c, "A:2", "energy", 0.001)

            # all layers are there, and a good link climbs above the lowest (how high depends on
            # what this machine lets the encoder send)
            async def layers() -> bool:
                meeting = made.workers()[0]["meetings"]["m"]
                sent = {s["layer"] for s in meeting["publishers"]["a"]["streams"]}
                shown = meeting["receivers"]["c"][0]["slots"]["V0"]["layer"]
                return sent >= {"", "q", "h"} and shown in ("h", "f")

            await until(layers, "layers above the lowest")

            # the stage is switched: the same slots go on, nothing is lost
            before = await inbound(c)
            for stage in ({"V0": "b", "V1": "a"}, {"V0": "a", "V1": "b"}, {"V0": "b"}):
                made.stage("m", stage, {"A0": stage["V0"]})
                await grows(c, "V:0", "keys", 1)
                await grows(c, "V:0", "decoded", 10)
            after = await inbound(c)
            assert after["V:0"]["ssrc"] == before["V:0"]["ssrc"]
            assert after["V:0"]["keys"] >= before["V:0"]["keys"] + 2
            assert after["V:0"]["lost"] <= 0
            assert after["A:2"]["lost"] <= 0

            # one site is cut off, and comes back
            await b.evaluate("bridge.leave('publish')")
            await b.evaluate("bridge.publish('m', 'b')")
            await grows(c, "V:0", "decoded", 10)

            # the worker dies; all sites rejoin without a click, the stage is as it was
            killed = made.kill_worker()
            for page in (a, b, c):
                await page.wait_for_function("bridge.state.rejoined > 0", timeout=20000)
            await grows(c, "V:0", "decoded", 10)
            await grows(c, "A:2", "energy", 0.001)
            worker = made.workers()[0]
            assert worker["pid"] != killed
            assert worker["meetings"]["m"]["stage"]["video"] == {"V0": "b"}
            await chromium.close()


def _keys(directory: Path) -> tuple[str, str]:
    """An ECDSA P-256 certificate: the muxer's own RSA one takes seconds."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "encoder")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = directory / "cert.pem", directory / "key.pem"
    cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    return str(cert_file), str(key_file)


async def test_two_windows_and_an_encoder_in_an_h264_meeting(tmp_path: Path) -> None:
    cert, key = _keys(tmp_path)
    with front(log=tmp_path / "log") as made:
        encoder = await asyncio.create_subprocess_exec(
            sys.executable,
            str(Path(__file__).with_name("encoder.py")),
            f"{made.url}/whip/m/enc?codec=h264",
            cert,
            key,
            "60",
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with async_playwright() as playwright:
                chromium = await browser(playwright)
                a, b = [await window(chromium, made) for _ in range(2)]
                options = "{codec: 'h264', simulcast: false, width: 640}"
                await a.evaluate(f"bridge.publish('m', 'a', {options})")
                for name, page in (("a", a), ("b", b)):
                    await page.evaluate(f"bridge.receive('m', '{name}', {{codec: 'h264'}})")
                made.stage("m", {"V0": "enc", "V1": "a"}, {"A0": "enc"})
                for page in (a, b):
                    await grows(page, "V:0", "decoded", 15)
                    await grows(page, "A:2", "energy", 0.001)
                await grows(b, "V:1", "decoded", 10)
                made.stage("m", {"V0": "a", "V1": "enc"}, {"A0": "a"})
                await grows(b, "V:0", "keys", 1)
                await grows(b, "V:1", "keys", 1)
                await grows(b, "V:0", "decoded", 10)
                await grows(b, "V:1", "decoded", 10)
                publishers = made.workers()[0]["meetings"]["m"]["publishers"]
                assert {s["kind"] for s in publishers["enc"]["streams"]} == {"audio", "video"}
                await chromium.close()
        finally:
            encoder.kill()
            await encoder.wait()
