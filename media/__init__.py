"""The bridge: an RTP forwarder for some 200 sites. No database, no Starlette; runs as its own process."""
