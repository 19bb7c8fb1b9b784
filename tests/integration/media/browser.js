// Runs in a page of the test front: publishes with simulcast, receives fixed slots, counts.
window.bridge = (() => {
  const state = { publish: null, receive: null, again: {} };

  // `via`: the port of a path with faults that stands before the bridge's own. Without `estimates`
  // the browser does not say what it thinks its link can carry: on a busy machine it thinks little.
  async function post(path, pc, via, estimates = true) {
    const offer = pc.localDescription.sdp;
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/sdp" },
      body: estimates ? offer : offer.replace(/a=rtcp-fb:\d+ goog-remb\r\n/g, ""),
    });
    if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
    const text = await answer.text();
    const sdp = via ? text.replace(/(a=candidate:.* )\d+( typ host)/g, `$1${via}$2`) : text;
    await pc.setRemoteDescription({ type: "answer", sdp });
    return answer.headers.get("Location");
  }

  async function publish(
    meeting,
    site,
    { simulcast = true, codec = "vp8", width = 1280, via = 0 } = {},
  ) {
    const pc = new RTCPeerConnection();
    const media = await navigator.mediaDevices.getUserMedia({
      audio: true,
      video: { width, height: (width * 9) / 16, frameRate: 30 },
    });
    const encodings = simulcast
      ? [
          { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 150000 },
          { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 500000 },
          { rid: "f", scaleResolutionDownBy: 1, maxBitrate: 1500000 },
        ]
      : [{}];
    pc.addTransceiver(media.getVideoTracks()[0], {
      direction: "sendonly",
      sendEncodings: encodings,
      streams: [media],
    });
    pc.addTransceiver(media.getAudioTracks()[0], { direction: "sendonly", streams: [media] });
    await pc.setLocalDescription();
    state.again.publish = () => publish(meeting, site, { simulcast, codec, width, via });
    const location = await post(`/whip/${meeting}/${site}?codec=${codec}`, pc, via);
    state.publish = { pc, media, location };
    return state.publish.location;
  }

  async function receive(
    meeting,
    site,
    { video = 2, audio = 1, codec = "vp8", via = 0, estimates = true } = {},
  ) {
    const pc = new RTCPeerConnection();
    const elements = {};
    pc.ontrack = (event) => {
      const name = event.track.id;
      const element = document.createElement(event.track.kind);
      element.autoplay = true;
      element.playsInline = true;
      element.srcObject = new MediaStream([event.track]);
      document.body.append(element);
      element.play().catch(() => {});
      elements[event.transceiver.mid] = { element, name, kind: event.track.kind };
    };
    for (let i = 0; i < video; i++) pc.addTransceiver("video", { direction: "recvonly" });
    for (let i = 0; i < audio; i++) pc.addTransceiver("audio", { direction: "recvonly" });
    await pc.setLocalDescription();
    state.again.receive = () => receive(meeting, site, { video, audio, codec, via, estimates });
    const location = await post(`/whep/${meeting}/${site}?codec=${codec}`, pc, via, estimates);
    state.receive = { pc, elements, location };
    return state.receive.location;
  }

  async function inbound() {
    const found = {};
    if (!state.receive) return found;
    for (const report of (await state.receive.pc.getStats()).values()) {
      if (report.type !== "inbound-rtp") continue;
      const video = report.kind === "video";
      const index = report.mid * 1;
      found[`${video ? "V" : "A"}:${report.mid}`] = {
        ssrc: report.ssrc,
        packets: report.packetsReceived,
        lost: report.packetsLost,
        nacks: report.nackCount || 0,
        plis: report.pliCount || 0,
        received: report.framesReceived || 0,
        decoded: report.framesDecoded || 0,
        keys: report.keyFramesDecoded || 0,
        height: report.frameHeight || 0,
        freezes: report.freezeCount || 0,
        frozen: report.totalFreezesDuration || 0,
        energy: report.totalAudioEnergy || 0,
        playout: report.estimatedPlayoutTimestamp || 0,
        index,
      };
    }
    return found;
  }

  async function outbound() {
    const found = {};
    if (!state.publish) return found;
    for (const report of (await state.publish.pc.getStats()).values()) {
      if (report.type !== "outbound-rtp") continue;
      found[`${report.kind}:${report.rid || ""}`] = {
        packets: report.packetsSent,
        frames: report.framesEncoded || 0,
        height: report.frameHeight || 0,
        bitrate: report.targetBitrate || 0,
        plis: report.pliCount || 0,
        nacks: report.nackCount || 0,
      };
    }
    return found;
  }

  // A site rejoins by itself: when the bridge says that a session is over, it is opened anew.
  async function keep() {
    state.kept = true;
    while (state.kept) {
      for (const direction of ["publish", "receive"]) {
        const session = state[direction];
        if (!session) continue;
        try {
          const alive = await fetch(session.location);
          if (alive.status !== 404) continue;
          session.pc.close();
          await state.again[direction]();
          state.rejoined = (state.rejoined || 0) + 1;
        } catch (error) {
          // the front or its worker is not back yet
        }
      }
      await new Promise((done) => setTimeout(done, 200));
    }
  }

  async function leave(direction) {
    const session = state[direction];
    state[direction] = null;
    session.pc.close();
    await fetch(session.location, { method: "DELETE" });
  }

  return { state, publish, receive, inbound, outbound, keep, leave };
})();
