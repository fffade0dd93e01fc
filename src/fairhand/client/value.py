"""The SDK's part for which data helped: seal a test set, measure by it, open it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from fairhand.client.transport import Transport


class Value:
    """Value studies of releases; found at `client.value`.

    study = client.value.seal(release_id, "sentiment")
    measured = client.value.measure(release_id, study["study"])
    print(measured["gain"], measured["by_class"], measured["lowest"])
    """

    def __init__(self, http: Transport, wait: Callable[[str], Any]) -> None:
        self._http = http
        self._wait = wait

    def studies(self, release_id: int) -> list[dict[str, Any]]:
        """List every test set that was ever sealed for a release, newest first."""
        found = self._http.json("GET", _path(release_id))["studies"]
        return cast("list[dict[str, Any]]", found)

    def seal(self, release_id: int, question: str) -> dict[str, Any]:
        """Draw the tasks that will judge the others, and put their digest into the log."""
        found = self._http.json("POST", _path(release_id), {"question": question})
        return cast("dict[str, Any]", found)

    def study(self, release_id: int, study_id: int) -> dict[str, Any]:
        """Show a study by class, with its lowest tasks as `[task, value in nano]`."""
        return cast("dict[str, Any]", self._http.json("GET", f"{_path(release_id)}/{study_id}"))

    def measure(self, release_id: int, study_id: int, *, wait: bool = True) -> dict[str, Any]:
        """Measure a sealed study, once: gives it as `study` does, or its job without `wait`.

        Raises FairhandError for a study that was measured before, JobFailedError.
        """
        job = self._http.json("POST", f"{_path(release_id)}/{study_id}/measure", {})
        if not wait:
            return cast("dict[str, Any]", job)
        self._wait(str(job["job_id"]))
        return self.study(release_id, study_id)

    def open(self, release_id: int, study_id: int) -> dict[str, Any]:
        """Open a measured test set; written to a file, `fairhand value check` reads it."""
        path = f"{_path(release_id)}/{study_id}/open"
        return cast("dict[str, Any]", self._http.json("POST", path, {}, idempotent=True))

    def opened(self, release_id: int, study_id: int) -> dict[str, Any]:
        """Fetch an opened study: the test set, the nonce, and every task's whole number."""
        path = f"{_path(release_id)}/{study_id}/opened"
        return cast("dict[str, Any]", self._http.json("GET", path))


def _path(release_id: int) -> str:
    return f"/api/v1/releases/{release_id}/value"
