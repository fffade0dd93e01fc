"""The SDK's part for those who measure models: send outputs, read reports, make failures tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, cast

from fairhand.client.transport import Transport

_PAGE = 500


class Evaluations:
    """Evaluations of models in a project; found at `client.evaluations`.

    made = client.evaluations.send(project_id, "outputs.jsonl", model="sentiment@2026-11")
    for failure in client.evaluations.failures(project_id, made["evaluation_id"]):
        print(failure["task_id"], failure["expected"], failure["predicted"])
    """

    def __init__(self, http: Transport, wait: Callable[[str], Any]) -> None:
        self._http = http
        self._wait = wait

    def list(self, project_id: int) -> list[dict[str, Any]]:
        """List a project's evaluations, newest first, without their reports."""
        found = self._http.json("GET", _path(project_id))
        return cast(list[dict[str, Any]], found["evaluations"])

    def get(self, project_id: int, evaluation_id: int) -> dict[str, Any]:
        """Show an evaluation with its report."""
        found = self._http.json("GET", f"{_path(project_id)}/{evaluation_id}")
        return cast(dict[str, Any], found)

    def send(
        self,
        project_id: int,
        path: str | Path,
        *,
        model: str,
        question: str = "",
        key: str = "",
        prediction_column: str = "",
        score_column: str = "",
        slice_fields: Sequence[str] = (),
        on: Literal["held_out", "all"] = "held_out",
    ) -> dict[str, Any]:
        """Measure the model whose outputs are in a file: `evaluation_id`, `score`, `failures`…

        Raises FairhandError whose `issues` name every row that is wrong. The same outputs sent
        twice are one evaluation.
        """
        fields = {
            "model": model,
            "question": question,
            "key": key,
            "prediction_column": prediction_column,
            "score_column": score_column,
            "slice_field": list(slice_fields),
            "on": on,
        }
        return self._upload(f"{_path(project_id)}/import", path, fields)

    def measure(
        self,
        project_id: int,
        version_id: int,
        *,
        question: str = "",
        slice_fields: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Measure a model version on held-out tasks, and wait for the report's figures."""
        body = {
            "version_id": version_id,
            "question": question,
            "slice_fields": list(slice_fields),
        }
        asked = self._http.json("POST", _path(project_id), body)
        return cast(dict[str, Any], self._wait(str(asked["job_id"]))["result"])

    def failures(self, project_id: int, evaluation_id: int) -> Iterator[dict[str, Any]]:
        """Go through the tasks that the model failed, the costliest first."""
        start: int | None = 0
        while start is not None:
            path = f"{_path(project_id)}/{evaluation_id}/failures?start={start}&most={_PAGE}"
            page = self._http.json("GET", path)
            yield from page["failures"]
            start = page["next"]

    def make_tasks(
        self,
        project_id: int,
        evaluation_id: int,
        *task_ids: int,
        into: int | None = None,
    ) -> int:
        """Make failures tasks, once: asked again, or copied `into` another project; how many."""
        path = f"{_path(project_id)}/{evaluation_id}/failures"
        body = {"tasks": list(task_ids) or None, "into": into}
        return int(self._http.json("POST", path, body, idempotent=True)["made"])

    def card(self, project_id: int, evaluation_id: int) -> dict[str, Any]:
        """Give the model card as JSON values."""
        found = self._http.json("GET", f"{_path(project_id)}/{evaluation_id}/card")
        return cast(dict[str, Any], found)

    def card_markdown(self, project_id: int, evaluation_id: int) -> str:
        """Give the model card as Markdown."""
        return self._http.text(f"{_path(project_id)}/{evaluation_id}/card?form=markdown")

    def check_claims(
        self,
        project_id: int,
        path: str | Path,
        *,
        model: str,
        source_field: str = "text",
        key: str = "",
        output_column: str = "",
    ) -> dict[str, Any]:
        """Make a draft project that asks people which claims of a model's texts are supported."""
        fields = {
            "model": model,
            "source_field": source_field,
            "key": key,
            "output_column": output_column,
        }
        return self._upload(f"{_path(project_id)}/claims/import", path, fields)

    def _upload(self, address: str, path: str | Path, fields: dict[str, Any]) -> dict[str, Any]:
        content = Path(path).read_bytes()
        files = [("file", (Path(path).name, content))]
        found = self._http.upload(address, lambda: {"files": files, "data": fields})
        return cast(dict[str, Any], found)


def _path(project_id: int) -> str:
    return f"/api/v1/projects/{project_id}/assist/evaluations"
