"""The benchmark of the bridge engine (`python -m tests.benchmarks.media`).

A lean crowd of WebRTC clients (ICE, DTLS, SRTP, RTCP) on one core loads a server under test on
the other: our own media worker, and Debian's Janus VideoRoom as its peer in the same run.
"""
