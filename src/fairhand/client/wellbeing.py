"""The SDK's part for your own wellbeing: nobody's but that of who asks."""

from __future__ import annotations

from typing import Any, cast
from uuid import uuid4

from fairhand.client.transport import Transport

_PATH = "/api/v1/me/wellbeing"


class Wellbeing:
    """Your own limits, consents, history and care; found at `client.wellbeing`.

    Check-ins are sealed and opened in the browser; here they are bytes.
    """

    def __init__(self, http: Transport) -> None:
        self._http = http

    def show(self) -> dict[str, Any]:
        """Show your dose, your limits and what you agreed to, in severity-minutes."""
        return self._ask("GET", "")

    def set_limits(self, hour: float, day: float, chronic: float) -> dict[str, Any]:
        """Set your limits: lower at once, higher after a day, never above the cap."""
        return self._ask("PUT", "/limits", {"hour": hour, "day": day, "chronic": chronic})

    def disclosure(self, tier: int) -> dict[str, Any]:
        """Read what content of a tier is, before you agree to it."""
        return self._ask("GET", f"/tiers/{tier}")

    def agree(self, tier: int, disclosure_sha256: str) -> int:
        """Agree to a tier under the words that you read; gives the tier you may be shown."""
        body = {"disclosure_sha256": disclosure_sha256}
        return int(self._ask("POST", f"/tiers/{tier}", body)["max_tier"])

    def end(self, tier: int) -> int:
        """Take your consent back, from the next item on; gives the tier you may be shown."""
        return int(self._ask("DELETE", f"/tiers/{tier}")["max_tier"])

    def content(self) -> dict[str, Any]:
        """Show how hard content is shown to you, what you have seen, and whether a break is due."""
        return self._ask("GET", "/content")

    def set_view(self, style: str, *, offers_breaks: bool = True) -> dict[str, Any]:
        """Choose hidden, drawing, grey, blur or plain; it changes neither dose nor pay."""
        return self._ask("PUT", "/view", {"style": style, "offers_breaks": offers_breaks})

    def rate(self, task_id: int, tier: int) -> float:
        """Say how hard an item was for you, 0 to 4; gives its dose in severity-minutes."""
        found = self._ask("PUT", f"/content/{task_id}", {"tier": tier})
        return float(found["severity_minutes"])

    def take_break(self) -> dict[str, Any]:
        """Begin a paid break."""
        return self._ask("POST", "/breaks", {})

    def care(self) -> dict[str, Any]:
        """Show what is laid aside for your care."""
        return self._ask("GET", "/care")

    def use_care(self, amount: str, currency: str, *, key: str | None = None) -> dict[str, Any]:
        """Have some of it paid out to you; with the same `key` it is paid once."""
        body = {"client_key": key or str(uuid4()), "amount": amount, "currency": currency}
        found = self._http.json("POST", f"{_PATH}/care", body, idempotent=True)
        return cast(dict[str, Any], found)

    def check_ins(self) -> dict[str, Any]:
        """List your sealed notes and your sealed key; your words alone open them."""
        return self._ask("GET", "/check-ins")

    def forget_check_ins(self) -> int:
        """Delete all your notes and your key for good; gives how many notes there were."""
        return int(self._ask("DELETE", "/check-ins")["deleted"])

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return cast(dict[str, Any], self._http.json(method, _PATH + path, body))
