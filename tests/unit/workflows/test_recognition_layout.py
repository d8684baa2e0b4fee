"""The recognition diagram on the page: a person reads it at a glance and prints it on one A3 sheet."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest

from tests.unit.workflows.drawing import RECOGNITION, Box, Drawing

A3_LANDSCAPE = 420 / 297
Segment = tuple[tuple[float, float], tuple[float, float]]


@pytest.fixture(scope="module")
def drawing() -> Drawing:
    return Drawing(RECOGNITION)


def segments(drawing: Drawing, flow: str) -> list[Segment]:
    return list(pairwise(drawing.edges[flow]))


def as_box(segment: Segment) -> Box:
    (x1, y1), (x2, y2) = segment
    return Box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))


def meets(one: Box, other: Box) -> bool:
    """Whether two orthogonal lines, or a line and an area, have a point in common."""
    return (
        one.left <= other.right
        and other.left <= one.right
        and one.top <= other.bottom
        and other.top <= one.bottom
    )


def enters(line: Box, area: Box) -> bool:
    return (
        area.left < line.right
        and line.left < area.right
        and area.top < line.bottom
        and line.top < area.bottom
    )


def test_the_page_has_the_proportions_of_a3_landscape(drawing):
    page = drawing.shapes["recognition_participant"]

    ratio = (page.right - page.left) / (page.bottom - page.top)

    assert ratio == pytest.approx(A3_LANDSCAPE, rel=0.03)


def test_print_stays_readable_on_a3(drawing):
    page = drawing.shapes["recognition_participant"]

    millimetres_per_pixel = 400 / (page.right - page.left)

    # bpmn-js writes labels 11 px high; below 2 mm nobody reads them at a table.
    assert 11 * millimetres_per_pixel >= 2


def test_every_element_and_flow_is_drawn_once(drawing):
    assert set(drawing.shapes) == set(drawing.nodes) | set(drawing.lanes) | {"recognition_participant"}
    assert set(drawing.edges) == set(drawing.flows)


def test_every_shape_lies_in_its_lane(drawing):
    for lane, members in drawing.lanes.items():
        assert [m for m in members if not drawing.shapes[lane].contains(drawing.shapes[m])] == []


def test_lanes_are_bands_that_fill_the_participant_from_top_to_bottom(drawing):
    bands = [drawing.shapes[lane] for lane in drawing.lanes]
    page = drawing.shapes["recognition_participant"]

    assert (bands[0].top, bands[-1].bottom) == (page.top, page.bottom)
    assert all(upper.bottom == lower.top for upper, lower in pairwise(bands))


def test_no_two_shapes_overlap_but_the_event_on_its_task(drawing):
    overlapping = {
        (a, b) for a, b in combinations(drawing.nodes, 2) if drawing.shapes[a].overlaps(drawing.shapes[b])
    }

    assert overlapping == {("member_opinion", "opinion_waived")}


def test_every_flow_begins_and_ends_on_its_shapes(drawing):
    for flow in drawing.flows.values():
        (first, *_, last) = drawing.edges[flow.id]

        assert drawing.shapes[flow.source].touches(*first), flow.id
        assert drawing.shapes[flow.target].touches(*last), flow.id


def test_every_flow_runs_straight_across_or_straight_down(drawing):
    slanted = [
        flow
        for flow in drawing.flows
        for (x1, y1), (x2, y2) in segments(drawing, flow)
        if x1 != x2 and y1 != y2
    ]

    assert slanted == []


def test_no_flow_runs_through_a_shape(drawing):
    through = [
        (flow.id, node)
        for flow in drawing.flows.values()
        for segment in segments(drawing, flow.id)
        for node in drawing.nodes
        if node not in (flow.source, flow.target) and enters(as_box(segment), drawing.shapes[node])
    ]

    # The event sits on the border of its task; its own way out starts above it.
    assert [t for t in through if t != ("member_opinion_done", "opinion_waived")] == []


def test_no_two_flows_cross(drawing):
    crossing = [
        (one, other)
        for one, other in combinations(drawing.flows, 2)
        for a in segments(drawing, one)
        for b in segments(drawing, other)
        if meets(as_box(a), as_box(b))
    ]

    assert crossing == []


def test_no_label_lies_on_a_shape_a_line_or_another_label(drawing):
    on_shape = [
        (o, n) for o, b in drawing.labels.items() for n in drawing.nodes if b.overlaps(drawing.shapes[n])
    ]
    on_line = [
        (owner, flow)
        for owner, box in drawing.labels.items()
        for flow in drawing.flows
        for segment in segments(drawing, flow)
        if enters(as_box(segment), box)
    ]
    on_label = [
        (a, b) for a, b in combinations(drawing.labels, 2) if drawing.labels[a].overlaps(drawing.labels[b])
    ]

    assert (on_shape, on_line, on_label) == ([], [], [])


def test_every_name_outside_a_box_has_a_place_of_its_own(drawing):
    boxed = drawing.of_kind("userTask", "businessRuleTask")
    named = [i for i in drawing.nodes if drawing.name(i) and i not in boxed]
    named += [f.id for f in drawing.flows.values() if f.name]

    assert sorted(drawing.labels) == sorted(named)
    page = drawing.shapes["recognition_participant"]
    assert all(page.contains(box) for box in drawing.labels.values())
