from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tutor.draw import graphs
from tutor.draw.cells import STYLES, cell_width, row_text, text_of
from tutor.draw.layout import Shape, laid_out
from tutor.draw.picture import PictureEdge, PictureNode, PictureOptions, least_width, parameter_rows, picture

SAMPLES = {
    "relu-sigmoid": (graphs.relu_sigmoid(), PictureOptions()),
    "relu-sigmoid beside a story": (graphs.relu_sigmoid(), PictureOptions(width=46)),
    "relu-sigmoid on the way back": (graphs.relu_sigmoid(), PictureOptions(width=60, backward=True)),
    "relu-sigmoid on a console": (graphs.relu_sigmoid(), PictureOptions(compact=True, ascii_only=True)),
    "three hidden units": (graphs.three_hidden(), PictureOptions()),
    "three hidden units, 80 columns": (graphs.three_hidden(), PictureOptions(width=80)),
    "2-3-2": (graphs.dense(2, 3, 2), PictureOptions()),
    "2-2": (graphs.dense(2, 2), PictureOptions()),
    "chain": (graphs.chain(12), PictureOptions(width=80)),
    "diamond": (graphs.diamond(), PictureOptions()),
    "single": ((graphs.nodes("x=1.0/1.0"), []), PictureOptions()),
    "skipping": (graphs.skipping(), PictureOptions()),
    "long names": (graphs.long_names(), PictureOptions()),
    "long names, tight": (graphs.long_names(), PictureOptions(width=40)),
    "fan": (graphs.fan(4), PictureOptions()),
    "layers": (graphs.dense(30, 40, 2), PictureOptions()),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_pictures(name, snapshot):
    (nodes, edges), options = SAMPLES[name]
    drawn = picture(nodes, edges, options)
    check_cells(drawn)
    assert "\n" + text_of((*drawn.rows, *drawn.legend)) + "\n" == snapshot


def check_cells(drawn):
    assert len(drawn.rows) == drawn.height
    assert {cell_width(row_text(row)) for row in drawn.rows} <= {drawn.width}
    assert {run.style for row in (*drawn.rows, *drawn.legend) for run in row} <= set(STYLES)


@st.composite
def acyclic(draw, most=60):
    count = draw(st.integers(1, most))
    names = draw(st.permutations([f"n{i}" for i in range(count)]))
    kinds = draw(st.lists(st.sampled_from(["given", "weight", "node", "output"]), min_size=count, max_size=count))
    states = draw(st.lists(st.sampled_from(["known", "hidden", "active", "done"]), min_size=count, max_size=count))
    pair = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1), st.booleans())
    pairs = draw(st.lists(pair, max_size=2 * count))
    edges = [PictureEdge(f"n{min(a, b)}", f"n{max(a, b)}", used) for a, b, used in pairs if a != b]
    nodes = [
        PictureNode(name, "0.5", "-1", kind, state) for name, kind, state in zip(names, kinds, states, strict=True)
    ]
    return nodes, edges


SLOW_INPUT = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@SLOW_INPUT
@given(acyclic(), st.booleans())
def test_boxes_keep_apart_and_lie_inside(graph, tight):
    nodes, edges = graph
    drawn = picture(nodes, edges, PictureOptions(compact=False, width=1 if tight else None))
    check_cells(drawn)
    assert set(drawn.boxes) == {node.name for node in nodes}
    for x, y, width, height in drawn.boxes.values():
        assert 0 <= x <= x + width <= drawn.width
        assert 0 <= y <= y + height <= drawn.height
    for (ax, ay, aw, ah), (bx, by, bw, bh) in combinations(drawn.boxes.values(), 2):
        assert ax + aw <= bx or bx + bw <= ax or ay + ah <= by or by + bh <= ay


ARMS = {
    "─━": "lr", "│┃": "ud", "╭┌┍┎┏": "rd", "╮┐┑┒┓": "ld", "╰└┕┖┗": "ur", "╯┘┙┚┛": "ul", "├┝┞┟┠┡┢┣": "urd",
    "┤┥┦┧┨┩┪┫": "uld", "┬┭┮┯┰┱┲┳": "lrd", "┴┵┶┷┸┹┺┻": "lru", "┼┽┾┿╀╁╂╃╄╅╆╇╈╉╊╋": "lrud", "▸": "lr",
}  # fmt: skip
ARMS_OF = {letter: arms for letters, arms in ARMS.items() for letter in letters}
STEPS = {"r": (1, 0), "u": (0, -1), "d": (0, 1)}


def reached(grid, start, walls):
    """The boxes that lines lead to from a cell right of a box, never going left; a crossing is gone straight over."""
    found, seen, todo = set(), set(), [(start, "r")]
    while todo:
        (x, y), heading = todo.pop()
        if ((x, y), heading) in seen:
            continue
        seen.add(((x, y), heading))
        if (x, y) in walls:
            assert heading == "r", "a line enters a box from above or below"
            found.add(walls[x, y])
            continue
        arms = ARMS_OF[grid[y][x]]
        back = {"r": "l", "u": "d", "d": "u"}[heading]
        exits = arms if back in arms else heading
        todo += [((x + STEPS[way][0], y + STEPS[way][1]), way) for way in exits if way in STEPS and way != back]
    return found


@SLOW_INPUT
@given(acyclic(), st.booleans())
def test_every_edge_leads_from_box_to_box_and_through_none(graph, tight):
    nodes, edges = graph
    nodes = [PictureNode(node.name, node.value, node.gradient) for node in nodes]
    drawn = picture(nodes, edges, PictureOptions(compact=False, width=1 if tight else None))
    grid = [row_text(row) for row in drawn.rows]
    walls = {(x + i, y + j): name for name, (x, y, w, h) in drawn.boxes.items() for i in range(w) for j in range(h)}
    for name, (x, y, width, _) in drawn.boxes.items():
        targets = {edge.target for edge in edges if edge.source == name}
        ends = reached(grid, (x + width, y + 1), walls) if targets else set()
        assert targets <= ends


@SLOW_INPUT
@given(acyclic(most=30))
def test_lines_run_along_each_other_only_into_the_same_node(graph):
    nodes, edges = graph
    pairs = tuple(dict.fromkeys((edge.source, edge.target) for edge in edges))
    layout = laid_out(Shape(tuple(node.name for node in nodes), ((9, 3),) * len(nodes), pairs, False))
    for channel in layout.channels:
        for a, b in combinations(channel.wires, 2):
            shared = a.targets & b.targets
            for (row, first, last), (other, start, stop) in [(s, t) for s in level(a) for t in level(b)]:
                assert row != other or last <= start or stop <= first or row in shared
            for (lane, top, bottom), (other, high, low) in [(s, t) for s in upright(a) for t in upright(b)]:
                assert lane != other or bottom < high or low < top


def level(wire):
    """(row, from, to) of a wire's level lines, in lanes; the channel begins at -1 and ends at 1000."""
    if wire.lane is None:
        return [(row, -1, 1000) for row in wire.targets]
    first = (wire.row, -1, wire.lane)
    if wire.detour is None:
        return [first, *((row, wire.lane, 1000) for row in wire.targets)]
    row, second = wire.detour
    return [first, (row, wire.lane, second), *((row, second, 1000) for row in wire.targets)]


def upright(wire):
    if wire.lane is None:
        return []
    if wire.detour is None:
        return [(wire.lane, *wire.span)]
    row, second = wire.detour
    rows = (row, *wire.targets)
    return [(wire.lane, min(row, wire.row), max(row, wire.row)), (second, min(rows), max(rows))]


@SLOW_INPUT
@given(acyclic(), st.sampled_from([None, 20, 46, 80]), st.sampled_from([None, True]), st.booleans(), st.booleans())
def test_any_graph_is_drawn_alike_twice(graph, width, compact, ascii_only, backward):
    options = PictureOptions(width, compact, ascii_only, backward)
    drawn = picture(*graph, options)
    check_cells(drawn)
    assert drawn == picture(*graph, options)
    assert not ascii_only or text_of((*drawn.rows, *drawn.legend)).isascii()


def test_the_box_of_a_node_is_where_its_name_stands():
    drawn = picture(*graphs.relu_sigmoid())
    for name, (x, y, width, _) in drawn.boxes.items():
        assert name in row_text(drawn.rows[y])[x : x + width]


def test_active_edges_are_heavy_from_end_to_end():
    nodes, edges = graphs.skipping()
    drawn = picture(nodes, edges)
    heavy = {run.style for row in drawn.rows for run in row if set(run.text) & set("━┃┏┓┗┛")}
    assert heavy == {"edge.active"}
    light = picture(nodes, [PictureEdge(edge.source, edge.target) for edge in edges])
    assert not set(text_of(light.rows)) & set("━┃┏┓┗┛┣┫┳┻╋┡┩")
    assert light.boxes == drawn.boxes


def test_a_hidden_node_gives_nothing_away():
    drawn = picture([PictureNode("z", "0.731", "-2.5", state="hidden")], [])
    assert "0.731" not in text_of(drawn.rows)
    assert "2.5" not in text_of(drawn.rows)
    assert "?" in text_of(drawn.rows)


def test_boxes_keep_their_places_while_numbers_change():
    nodes, edges = graphs.relu_sigmoid()
    blank = [PictureNode(node.name, "", "", node.kind) for node in nodes]
    assert picture(blank, edges).boxes == picture(nodes, edges).boxes


def test_a_compact_picture_lists_the_parameters_it_leaves_out():
    drawn = picture(*graphs.relu_sigmoid(), PictureOptions(width=46))
    assert drawn.width <= 46
    assert "a" not in drawn.boxes
    assert {name for row in drawn.legend for name in row_text(row).split()} >= set("abcdef")
    assert all(cell_width(row_text(row)) == 46 for row in drawn.legend)


def test_what_is_too_tall_is_drawn_without_blanks():
    nodes, edges = graphs.fan(4)
    free = picture(nodes, edges, PictureOptions(width=80))
    low = picture(nodes, edges, PictureOptions(width=80, height=free.height - 1))
    assert low.height < free.height
    assert low.boxes.keys() == free.boxes.keys()
    assert picture(nodes, edges, PictureOptions(width=80, height=free.height)) == free
    assert picture(nodes, edges, PictureOptions(width=80, height=1)) == low


def test_the_legend_counts_where_a_picture_is_too_tall():
    nodes, edges = graphs.three_hidden()
    free = picture(nodes, edges, PictureOptions(width=200, compact=True))
    assert free.legend and free.full_height == free.height + 1 + len(free.legend)
    assert picture(nodes, edges, PictureOptions(width=200, compact=True, height=free.height)).height < free.height
    assert picture(nodes, edges, PictureOptions(width=200, compact=True, height=free.full_height)) == free


@pytest.mark.parametrize("name", ["three hidden units", "chain", "2-2", "long names", "layers", "single"])
def test_the_least_width_is_that_of_the_form_that_is_taken_last(name):
    (nodes, edges), _ = SAMPLES[name]
    least = least_width(nodes, edges, PictureOptions())
    assert picture(nodes, edges, PictureOptions(width=1)).width == least
    assert picture(nodes, edges, PictureOptions(width=least)).width == least
    assert picture(nodes, edges, PictureOptions(width=10_000)).width >= least


def test_a_legend_shows_the_whole_of_what_is_short_in_a_box():
    nodes = [PictureNode("W", "(3)", kind="weight", whole="[0.25, -1.5, 2.125]"), PictureNode("y", "1.5")]
    edges = [PictureEdge("W", "y")]
    compact = picture(nodes, edges, PictureOptions(width=40, compact=True))
    assert "[0.25, -1.5, 2.125]" in text_of(compact.legend)
    assert "(3)" in text_of(picture(nodes, edges, PictureOptions(width=40, compact=False)).rows)


def test_an_active_parameter_is_marked_by_more_than_colour():
    rows = parameter_rows([PictureNode("w", "1.0", "", "weight", "active"), PictureNode("b", "1.0", "", "weight")], 60)
    assert row_text(rows[0]).startswith("▸w")
    assert "▸b" not in row_text(rows[0])


def test_only_parameters_are_drawn_all_the_same():
    drawn = picture(graphs.nodes("w=1.0", "weight"), [], PictureOptions(compact=True))
    assert "w" in drawn.boxes


def test_a_large_graph_is_drawn_by_layers():
    nodes, edges = graphs.dense(30, 40, 2)
    drawn = picture(nodes, edges)
    assert len(set(drawn.boxes.values())) == 3
    assert set(drawn.boxes) == {node.name for node in nodes}
    assert "40 nodes" in text_of(drawn.rows)


def test_a_very_long_graph_stays_small_enough_to_draw():
    drawn = picture(*graphs.chain(3000))
    assert len(set(drawn.boxes.values())) == 40


def test_nothing_to_draw():
    assert picture([], []).rows == ()


@pytest.mark.parametrize(
    ("names", "edges", "says"),
    [
        ("a a", "", "same name"),
        ("a", "a>b", "not in the picture"),
        ("a b", "a>b b>a", "circle"),
        ("a", "a>a", "circle"),
    ],
)
def test_what_is_no_graph_is_refused(names, edges, says):
    with pytest.raises(ValueError, match=says):
        picture(graphs.nodes(names), graphs.edges(edges))


def test_hostile_texts_become_harmless():
    drawn = picture([PictureNode("\x1b]0;x\x07", "\x9b31m", "\u202e1\n2")], [])
    check_cells(drawn)
    assert not set(text_of(drawn.rows)) & set("\x1b\x07\x9b\u202e")
    assert text_of(drawn.rows).count("\n") == 2
