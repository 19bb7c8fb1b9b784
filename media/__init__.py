"""The bridge: an RTP forwarder for some 200 sites. No database, no Starlette; its own process."""
