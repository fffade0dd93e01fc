"""A model server that answers every control of the labelling configuration that it is sent.

It reads nothing but what Label Studio's own servers are sent: the XML and the tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from tests.small_servers import Answer, Asked

Values = dict[str, Any]


def answering(asked: Asked) -> Answer:
    """Answer as a model server does that knows every control."""
    if asked.path != "/predict":
        return Answer({"status": "UP", "model_class": "Studio", "model_version": "v1"})
    root = fromstring(asked.json["label_config"])
    return Answer({"results": [_prediction(root, one["data"]) for one in asked.json["tasks"]]})


def _prediction(root: Element, data: Mapping[str, Any]) -> Values:
    shown = {one.get("name"): str(one.get("value", ""))[1:] for one in root if one.get("value")}
    results: list[Values] = []
    for control in root:
        make = _MAKERS.get(control.tag)
        to_name = control.get("toName")
        if make is None or to_name is None:
            continue
        value = make(control, data[shown[to_name.split(",")[0]]])
        kind = control.tag.lower()
        about = {"from_name": control.get("name"), "to_name": to_name, "type": kind}
        results.append({"id": f"r{len(results)}", **about, "value": value, "score": 0.9})
    return {"result": results, "score": 0.9}


def _first(control: Element) -> list[str]:
    return [str(control[0].get("value"))]


def _marks(control: Element, shown: Any) -> Values:  # noqa: ANN401  # a text, or a sound's address
    if not shown.startswith("http"):
        return {"start": 0, "end": len(shown.split()[0]), "labels": _first(control)}
    return {"start": 0.1, "end": 0.4, "labels": _first(control)}


_MAKERS: Mapping[str, Callable[[Element, Any], Values]] = {
    "Choices": lambda control, _: {"choices": _first(control)},
    "Rating": lambda *_: {"rating": 2},
    "TextArea": lambda *_: {"text": ["A sentence that the model wrote."]},
    "Labels": _marks,
    "RectangleLabels": lambda control, _: {
        "x": 10, "y": 20, "width": 30, "height": 40, "rectanglelabels": _first(control)},
    "PolygonLabels": lambda control, _: {
        "points": [[10, 10], [60, 10], [30, 50]], "polygonlabels": _first(control)},
    "KeyPointLabels": lambda control, _: {
        "x": 50, "y": 50, "width": 1, "keypointlabels": _first(control)},
    "Pairwise": lambda *_: {"selected": "left"},
    "Ranker": lambda control, shown: {"ranker": (
        {str(one.get("name")): [each["id"] for each in shown] for one in control[:1]}
        if len(control)
        else {str(control.get("name")): [each["id"] for each in shown]})},
}  # fmt: skip
