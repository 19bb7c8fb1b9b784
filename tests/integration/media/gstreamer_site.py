"""A GStreamer site (webrtcbin), for Debian's own Python: it needs `python3-gi`.

usage: gstreamer_site.py publish|receive URL SECONDS. Prints one JSON line with what it counted.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

PUBLISH = (
    "webrtcbin name=rtc bundle-policy=max-bundle "
    "videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=25/1 "
    "! vp8enc deadline=1 keyframe-max-dist=50 target-bitrate=300000 "
    "! rtpvp8pay pt=96 picture-id-mode=15-bit ! rtc. "
    "audiotestsrc is-live=true ! audioconvert ! audioresample ! opusenc ! rtpopuspay pt=111 ! rtc."
)
VIDEO = "application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000"
AUDIO = "application/x-rtp,media=audio,encoding-name=OPUS,payload=111,clock-rate=48000"


class Site:
    def __init__(self, kind: str, url: str, seconds: float) -> None:
        self.url = url
        self.counts = {"video": 0, "audio": 0}
        self.state = ""
        if kind == "publish":
            self.pipeline = Gst.parse_launch(PUBLISH)
            self.rtc = self.pipeline.get_by_name("rtc")
        else:
            self.pipeline = Gst.Pipeline.new()
            self.rtc = Gst.ElementFactory.make("webrtcbin", "rtc")
            self.rtc.set_property("bundle-policy", 3)
            self.pipeline.add(self.rtc)
            direction = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
            for caps in (VIDEO, AUDIO):
                self.rtc.emit("add-transceiver", direction, Gst.Caps.from_string(caps))
            self.rtc.connect("pad-added", self.pad_added)
        # libnice leaves loopback out unless it is named
        self.ice = self.rtc.get_property("ice-agent")
        self.ice.emit("add-local-ip-address", "127.0.0.1")
        self.rtc.connect("on-negotiation-needed", self.negotiate)
        self.rtc.connect("notify::connection-state", self.connection)
        self.loop = GLib.MainLoop()
        GLib.timeout_add(int(seconds * 1000), self.loop.quit)

    def run(self) -> None:
        self.pipeline.set_state(Gst.State.PLAYING)
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)
        print(json.dumps({"state": self.state, **self.counts}), flush=True)

    def connection(self, rtc: Any, _: Any) -> None:
        self.state = rtc.get_property("connection-state").value_nick

    def negotiate(self, rtc: Any) -> None:
        rtc.emit("create-offer", None, Gst.Promise.new_with_change_func(self.offered, rtc, None))

    def offered(self, promise: Any, rtc: Any, _: Any) -> None:
        promise.wait()
        # the reply owns the description
        reply = promise.get_reply()
        offer = reply.get_value("offer")
        rtc.emit("set-local-description", offer, Gst.Promise.new())
        text = offer.sdp.as_text().encode()
        request = urllib.request.Request(
            self.url, data=text, headers={"Content-Type": "application/sdp"}
        )
        with urllib.request.urlopen(request, timeout=10) as reply:
            answer = reply.read()
        _, message = GstSdp.SDPMessage.new()
        GstSdp.sdp_message_parse_buffer(answer, message)
        kind = GstWebRTC.WebRTCSDPType.ANSWER
        described = GstWebRTC.WebRTCSessionDescription.new(kind, message)
        rtc.emit("set-remote-description", described, Gst.Promise.new())

    def pad_added(self, rtc: Any, pad: Any) -> None:
        decoder = Gst.ElementFactory.make("decodebin", None)
        decoder.connect("pad-added", self.decoded)
        self.pipeline.add(decoder)
        decoder.sync_state_with_parent()
        pad.link(decoder.get_static_pad("sink"))

    def decoded(self, decoder: Any, pad: Any) -> None:
        kind = "video" if pad.get_current_caps().to_string().startswith("video") else "audio"
        sink = Gst.ElementFactory.make("fakesink", None)
        sink.set_property("signal-handoffs", True)
        sink.set_property("sync", False)
        sink.connect("handoff", lambda *_: self.count(kind))
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))

    def count(self, kind: str) -> None:
        self.counts[kind] += 1


if __name__ == "__main__":
    Gst.init(None)
    Site(sys.argv[1], sys.argv[2], float(sys.argv[3])).run()
