"""A WHIP encoder in its own process: PyAV's `whip` muxer (FFmpeg), H.264 and Opus.

usage: encoder.py URL CERT KEY SECONDS. A white bar walks over a grey picture; a 440 Hz tone.
"""

from __future__ import annotations

import array
import math
import sys
import time
from fractions import Fraction

import av

WIDTH, HEIGHT, RATE = 640, 360, 25


def picture(number: int) -> av.VideoFrame:
    frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
    bar = number * 8 % (WIDTH - 40)
    stride = frame.planes[0].line_size
    row = bytes(bar) + b"\xeb" * 40 + b"\x50" * (WIDTH - 40 - bar) + bytes(stride - WIDTH)
    frame.planes[0].update(row * HEIGHT)
    for plane in frame.planes[1:]:
        plane.update(b"\x80" * plane.buffer_size)
    frame.pts = number
    frame.time_base = Fraction(1, RATE)
    return frame


def sound(start: int) -> av.AudioFrame:
    samples = array.array("h")
    for index in range(start, start + 960):
        value = int(8000 * math.sin(2 * math.pi * 440 * index / 48000))
        samples.extend((value, value))
    frame = av.AudioFrame(format="s16", layout="stereo", samples=960)
    frame.planes[0].update(samples.tobytes())
    frame.sample_rate = 48000
    frame.pts = start
    frame.time_base = Fraction(1, 48000)
    return frame


def main(url: str, cert: str, key: str, seconds: str) -> None:
    options = {"cert_file": cert, "key_file": key, "handshake_timeout": "8000"}
    out = av.open(url, "w", format="whip", options=options)
    video = out.add_stream(
        "libx264",
        rate=RATE,
        options={
            "preset": "ultrafast",
            "tune": "zerolatency",
            "profile": "baseline",
            "g": str(RATE * 2),
            "bf": "0",
        },
    )
    video.width, video.height, video.pix_fmt, video.bit_rate = WIDTH, HEIGHT, "yuv420p", 500000
    audio = out.add_stream("libopus", rate=48000, layout="stereo")
    audio.bit_rate = 32000
    began = time.monotonic()
    pictures = samples = 0
    while time.monotonic() - began < float(seconds):
        for packet in video.encode(picture(pictures)):
            out.mux(packet)
        while samples < (pictures + 1) * 48000 // RATE:
            for packet in audio.encode(sound(samples)):
                out.mux(packet)
            samples += 960
        pictures += 1
        ahead = began + pictures / RATE - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
    out.close()


if __name__ == "__main__":
    main(*sys.argv[1:5])
