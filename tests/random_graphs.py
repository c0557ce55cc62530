"""Random graphs of scalars and arrays: fan-out, unused nodes, repeated arguments, values away from overflow."""

import random

from engine.graph import Graph

ONE = ["tanh", "sigmoid", "softplus", "logsigmoid", "sin", "cos", "relu", "leaky_relu", "abs", "neg", "exp", "round"]
GUARDED = {"log": "log(1.1 + {0}^2)", "sqrt": "sqrt(0.3 + {0}^2)", "sinh": "sinh(sin({0}))", "cosh": "cosh(cos({0}))"}
SCALES = {"exp": "exp(tanh({0}))", "neg": "-{0}", "tanh": "tanh({0})"}
VECTOR = ["softmax({0})", "logsoftmax({0})", "with1({0})[1:]", "[{0}[0], {0}[1], {0}[2]]", "{0}'"]
TO_NUMBER = ["sum({0})", "mean({0})", "max({0})", "min({0})", "norm({0})", "{0}[1]", "{0}_3"]
FROM_MATRIX = ["{0} @ {1}/3", "{1} @ {0}/3", "sum({0}, 0)/3", "mean({0}, 1)", "{0}[:,1]", "{0}[2]"]
MATRIX = ["{0}'", "softmax({0})", "outer(v0, v0) - {0}", "{0} @ {0}", "tanh({0})", "{0}·v0"]


class Author:
    """Writes one graph; every value stays within a few units."""

    def __init__(self, seed, arrays):
        self.draw = random.Random(seed)
        self.arrays = arrays
        self.names = {"s": [], "v": [], "m": []}
        self.shapes = {}
        self.lines = []

    def add_input(self, kind, shape):
        name = f"{kind}{len(self.names[kind])}"
        self.names[kind].append(name)
        self.shapes[name] = shape

    def add(self, kind, formula):
        name = f"{kind}{len(self.names[kind])}"
        self.lines.append(f"{name} = {formula}")
        self.names[kind].append(name)

    def any(self, kind):
        """A name, the later ones more often."""
        names = self.names[kind]
        return names[max(self.draw.randrange(len(names)), self.draw.randrange(len(names)))]

    def one(self, name):
        op = self.draw.choice([*ONE, *GUARDED])
        return GUARDED.get(op, SCALES.get(op, op + "({0})")).format(name)

    def two(self, a, b):
        form = self.draw.choice(
            ["({0} + {1})/2", "({0} - {1})/2", "{0}·{1}/4", "max({0}, {1})", "min({0}, {1})", "{0}/(2 + {1}^2)",
             "(1.2 + tanh({0}))^sin({1})", "{0}^2/8 - 0.3{1}"]
        )  # fmt: skip
        return form.format(a, b)

    def scalar_line(self):
        if self.arrays and self.draw.random() < 0.4:
            form = self.draw.choice([*TO_NUMBER, "dot({0}, {1})/3", "squared_error({0}, {1})/9", "cross({0})"])
            if form == "cross({0})":
                form = self.draw.choice(
                    ["cross_entropy(softmax({0}), sigmoid({1}))", "bce(sigmoid({0}), softmax({1}))/2"]
                )
            return self.add("s", form.format(self.any("v"), self.any("v")))
        a, b = self.any("s"), self.any("s")
        return self.add("s", self.one(a) if self.draw.random() < 0.5 else self.two(a, b))

    def vector_line(self):
        pick = self.draw.random()
        if pick < 0.3:
            return self.add("v", self.draw.choice(VECTOR).format(self.any("v")))
        if pick < 0.5:
            form = self.draw.choice(FROM_MATRIX)
            return self.add("v", form.format(self.any("m"), self.any("v")))
        other = self.any(self.draw.choice("sv"))
        return self.add("v", self.one(self.any("v")) if pick < 0.7 else self.two(self.any("v"), other))

    def matrix_line(self):
        form = self.draw.choice([*MATRIX, "({0} + {1})/2", "min({0}, {1})", "outer({2}, {2})/2", "[{2}, {2}, v0]"])
        form = {"{0} @ {0}": "{0} @ {1}/4"}.get(form, form)
        return self.add("m", form.format(self.any("m"), self.any("m"), self.any("v")))

    def write(self):
        for _ in range(self.draw.randint(1, 4)):
            self.add_input("s", ())
        if self.arrays:
            self.add_input("v", (3,))
            self.add_input("v", (3,))
            self.add_input("m", (3, 3))
        kinds = [self.scalar_line] * 3 + [self.vector_line, self.vector_line, self.matrix_line] * self.arrays
        for _ in range(self.draw.randint(2, 12)):
            self.draw.choice(kinds)()
        parts = [self.any("s"), self.any("s")]
        if self.arrays:
            parts += [f"sum(tanh({self.any('v')}))", f"mean({self.any('m')})"]
        self.add("s", " + ".join(parts))
        return self.lines, self.shapes


def random_graph(seed, arrays):
    """A graph whose last node is a scalar, and values for its inputs (nested lists)."""
    author = Author(seed, arrays)
    lines, shapes = author.write()
    names = list(shapes)
    given = {name: shapes[name] for name in names[::2]}
    weights = {name: shapes[name] for name in names[1::2]}
    graph = Graph.build(lines, given=given, weights=weights, output=author.names["s"][-1])
    return graph, {name: random_value(author.draw, shape) for name, shape in shapes.items()}


def random_value(draw, shape):
    if not shape:
        return draw.uniform(-1.5, 1.5)
    return [random_value(draw, shape[1:]) for _ in range(shape[0])]
