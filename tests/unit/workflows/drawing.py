"""Reads a BPMN file as plain XML, so that the tests judge the drawing without the engine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lxml import etree

RECOGNITION = Path(__file__).parents[3] / "workflows" / "bpmn" / "recognition.bpmn"
NS = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "di": "http://www.omg.org/spec/DD/20100524/DI",
    "camunda": "http://camunda.org/schema/1.0/bpmn",
}
CAMUNDA = f"{{{NS['camunda']}}}"


@dataclass(frozen=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float

    def contains(self, other: Box) -> bool:
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right
            and other.bottom <= self.bottom
        )

    def overlaps(self, other: Box) -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def touches(self, x: float, y: float) -> bool:
        """Whether the point lies on the border."""
        inside = self.left <= x <= self.right and self.top <= y <= self.bottom
        return inside and (x in (self.left, self.right) or y in (self.top, self.bottom))


@dataclass(frozen=True)
class Flow:
    id: str
    name: str
    source: str
    target: str
    condition: str | None
    language: str | None


class Drawing:
    """What one BPMN file says about its elements, their lanes and where they lie on the page."""

    def __init__(self, path: Path) -> None:
        self.root = etree.fromstring(path.read_bytes())
        self.process = self.root.find("bpmn:process", NS)
        self.elements = {e.get("id"): e for e in self.process if e.get("id") and self.kind_of(e) != "laneSet"}
        self.nodes = {i: e for i, e in self.elements.items() if self.kind_of(e) != "sequenceFlow"}
        self.flows = {i: self._flow(e) for i, e in self.elements.items() if self.kind_of(e) == "sequenceFlow"}
        self.lanes = {
            lane.get("id"): [ref.text for ref in lane.findall("bpmn:flowNodeRef", NS)]
            for lane in self.process.findall("bpmn:laneSet/bpmn:lane", NS)
        }
        self.lane_names = {
            lane.get("id"): lane.get("name") for lane in self.process.findall("bpmn:laneSet/bpmn:lane", NS)
        }
        self.shapes = {
            s.get("bpmnElement"): self._box(s.find("dc:Bounds", NS))
            for s in self.root.iterfind(".//bpmndi:BPMNShape", NS)
        }
        self.edges = {
            e.get("bpmnElement"): [
                (float(p.get("x")), float(p.get("y"))) for p in e.findall("di:waypoint", NS)
            ]
            for e in self.root.iterfind(".//bpmndi:BPMNEdge", NS)
        }
        self.labels = {
            drawn.get("bpmnElement"): self._box(drawn.find("bpmndi:BPMNLabel/dc:Bounds", NS))
            for drawn in self.root.iterfind(".//bpmndi:BPMNPlane/*", NS)
            if drawn.find("bpmndi:BPMNLabel/dc:Bounds", NS) is not None
        }

    @staticmethod
    def kind_of(element: etree._Element) -> str:
        return etree.QName(element).localname if isinstance(element.tag, str) else ""

    def kind(self, id_: str) -> str:
        return self.kind_of(self.elements[id_])

    def name(self, id_: str) -> str:
        return self.elements[id_].get("name", "")

    def lane(self, id_: str) -> str:
        """The lane's name."""
        (lane,) = [lane for lane, members in self.lanes.items() if id_ in members]
        return self.lane_names[lane]

    def properties(self, id_: str) -> dict[str, str]:
        return {p.get("name"): p.get("value") for p in self.elements[id_].iterfind(".//camunda:property", NS)}

    def documentation(self, id_: str) -> str:
        return self.elements[id_].findtext("bpmn:documentation", "", NS)

    def of_kind(self, *kinds: str) -> dict[str, etree._Element]:
        return {i: e for i, e in self.nodes.items() if self.kind_of(e) in kinds}

    @staticmethod
    def _box(bounds: etree._Element) -> Box:
        x, y, w, h = (float(bounds.get(k)) for k in ("x", "y", "width", "height"))
        return Box(x, y, x + w, y + h)

    @staticmethod
    def _flow(element: etree._Element) -> Flow:
        condition = element.find("bpmn:conditionExpression", NS)
        return Flow(
            id=element.get("id"),
            name=element.get("name", ""),
            source=element.get("sourceRef"),
            target=element.get("targetRef"),
            condition=None if condition is None else condition.text,
            language=None if condition is None else condition.get("language"),
        )
