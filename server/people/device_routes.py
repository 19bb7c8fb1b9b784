"""HTTP handlers of devices, and of unlocking a sign-in."""

from __future__ import annotations

from server.http.endpoint import Call
from server.people import devices
from server.people.messages import DeviceStanding, DeviceView


async def my_devices(call: Call) -> list[DeviceView]:
    """My devices."""
    return await call.read(devices.devices_of, call.actor)


async def revoke_device(call: Call) -> None:
    """Take a device's lease back: it forgets everything at its next contact."""
    await call.write(devices.revoke_device, call.ids["device_id"])


async def device_standing(call: Call) -> DeviceStanding:
    """For a device without a session: may what lies on it still be there?"""
    return await call.read(devices.device_standing, call.body)


async def unlock_sign_in(call: Call) -> None:
    """Let a person try their password again at once."""
    await call.write(devices.unlock_sign_in, call.ids["person_id"])
