"""The slow plain reference: values and gradients of a graph by loops over single numbers.

Nothing here comes from the engine but the tree of each formula. A number remembers what it was made of and the slope
by each part; the backward pass goes through all numbers in the reverse of the order in which they were made. Arrays
are nested lists. Every function is written out for one number, every array operation as loops over numbers.
"""

import math
from itertools import product

from engine.expression import ArrayOf, Call, Entry, Index, Name, Number, Span, fold

NAN, INF = math.nan, math.inf


class Num:
    """One number, the numbers it was made of, and its slope by each of them."""

    def __init__(self, tape, value, made_of=()):
        self.value, self.made_of, self.gradient = value, made_of, None
        self.tape = tape
        tape.append(self)


# -- functions of one number: (value, slope)


def exp(x):
    try:
        y = math.exp(x)
    except OverflowError:
        y = INF
    return y, y


def log(x):
    slope = 1 / x if x else math.copysign(INF, x)
    return (math.log(x) if x > 0 else -INF if x == 0 else NAN), slope


def sqrt(x):
    y = math.sqrt(x) if x >= 0 else NAN
    return y, (0.5 / y if y else math.copysign(INF, y))


def sigmoid(x):
    y = 1 / (1 + exp(-x)[0]) if x >= 0 else exp(x)[0] / (1 + exp(x)[0])
    y = NAN if x != x else y
    return y, y * (1 - y)


def softplus(x):
    return (x if x > 0 else 0.0) + math.log1p(exp(-abs(x))[0]) if x == x else NAN, sigmoid(x)[0]


def logsigmoid(x):
    return -softplus(-x)[0], sigmoid(-x)[0]


def hyperbolic(x):
    try:
        return math.sinh(x), math.cosh(x)
    except OverflowError:
        return math.copysign(INF, x), INF


def circular(function, slope):
    return lambda x: (function(x), slope(x)) if math.isfinite(x) else (NAN, NAN)


def branch(above, below):
    """A function of two straight pieces that meet at 0, where the lower one counts."""
    return lambda x: (NAN, NAN) if x != x else (above if x > 0 else below)(x)


ONE = {
    "copy": lambda x: (x, 1.0),
    "neg": lambda x: (-x, -1.0),
    "exp": exp,
    "log": log,
    "sqrt": sqrt,
    "sin": circular(math.sin, math.cos),
    "cos": circular(math.cos, lambda x: -math.sin(x)),
    "sinh": hyperbolic,
    "cosh": lambda x: hyperbolic(x)[::-1],
    "tanh": lambda x: (math.tanh(x), 1 - math.tanh(x) ** 2),
    "sigmoid": sigmoid,
    "softplus": softplus,
    "logsigmoid": logsigmoid,
    "abs": branch(lambda x: (x, 1.0), lambda x: (-x, -1.0 if x else 0.0)),
    "relu": branch(lambda x: (x, 1.0), lambda x: (0.0, 0.0 if x > -INF else NAN)),
    "leaky_relu": branch(lambda x: (x, 1.0), lambda x: (0.01 * x, 0.01 if x > -INF else NAN)),
    "step": branch(lambda x: (1.0, 0.0), lambda x: (0.0, 0.0) if x > -INF else (NAN, NAN)),
    "round": lambda x: (float(round(x)), 0.0) if math.isfinite(x) else (x, NAN),
}


# -- functions of two numbers: (value, slope by the first, slope by the second)


def quotient(a, b):
    if b:
        return a / b, 1 / b, -(a / b) / b
    y = NAN if not a or a != a else math.copysign(INF, a) * math.copysign(1, b)
    return y, math.copysign(INF, b), -y * math.copysign(INF, b)


def power(a, p):
    def raised(a, p):
        try:
            return math.pow(a, p)
        except OverflowError:
            return -INF if a < 0 and p % 2 == 1 else INF
        except ValueError:
            return NAN if a < 0 else (math.copysign(INF, a) if p % 2 == 1 else INF)

    y = raised(a, p)
    return y, (0.0 if p == 0 else p * raised(a, p - 1)), (0.0 if a == 0 and p > 0 else y * log(a)[0])


def larger(a, b):
    y = NAN if a != a or b != b else max(a, b)
    return y, 1.0 if a >= b else 0.0 * a, 0.0 * b if a >= b else 1.0


def smaller(a, b):
    y = NAN if a != a or b != b else min(a, b)
    return y, 1.0 if a <= b else 0.0 * a, 0.0 * b if a <= b else 1.0


TWO = {
    "add": lambda a, b: (a + b, 1.0, 1.0),
    "sub": lambda a, b: (a - b, 1.0, -1.0),
    "mul": lambda a, b: (a * b, b, a),
    "div": quotient,
    "pow": power,
    "max": larger,
    "min": smaller,
}


def apply(op, *nums):
    """The number that an elementary operation makes of numbers."""
    value, *slopes = (ONE if len(nums) == 1 else TWO)[op](*(num.value for num in nums))
    return Num(nums[0].tape, value, tuple(zip(nums, slopes, strict=True)))


def constant(like, value):
    return Num(like.tape, value)


def summed(nums):
    total = nums[0]
    for num in nums[1:]:
        total = apply("add", total, num)
    return total


# -- arrays as nested lists


def shape(x):
    return (len(x), *shape(x[0])) if isinstance(x, list) else ()


def flat(x):
    return [num for part in x for num in flat(part)] if isinstance(x, list) else [x]


def build(size, entry, place=()):
    """Nested lists of the given shape; `entry(indices)` says what stands at each place."""
    if not size:
        return entry(place)
    return [build(size[1:], entry, (*place, i)) for i in range(size[0])]


def at(x, place):
    """The entry that broadcasting puts at `place`: missing axes in front, repeated ones of length 1."""
    place = place[len(place) - len(shape(x)) :]
    for i in place:
        x = x[i if len(x) > 1 else 0]
    return x


def together(a, b):
    a, b = [(1,) * (max(len(a), len(b)) - len(s)) + s for s in (a, b)]
    return tuple(n if m == 1 else m for n, m in zip(a, b, strict=True))


def elementwise(op, *arrays):
    size = ()
    for array in arrays:
        size = together(size, shape(array))
    return build(size, lambda place: apply(op, *(at(array, place) for array in arrays)))


def picked(x, items):
    if not items:
        return x
    first, *rest = items
    if isinstance(first, Span):
        return [picked(part, rest) for part in x[slice(first.start, first.stop)]]
    return picked(x[first], rest)


def transposed(x):
    return x if len(shape(x)) < 2 else [[row[j] for row in x] for j in range(len(x[0]))]


def inner(a, b):
    return summed([apply("mul", x, y) for x, y in zip(a, b, strict=True)])


def matmul(a, b):
    if len(shape(a)) == 1:
        return inner(a, b) if len(shape(b)) == 1 else [inner(a, column) for column in transposed(b)]
    if len(shape(b)) == 1:
        return [inner(row, b) for row in a]
    return [[inner(row, column) for column in transposed(b)] for row in a]


def along(x, axis, reduce):
    """`reduce` over lists of numbers along an axis, or over all of them."""
    size = shape(x)
    if axis is None or len(size) == 1:
        return reduce(flat(x))
    return [reduce(line) for line in (transposed(x) if axis % 2 == 0 else x)]


def mean(nums):
    return apply("div", summed(nums), constant(nums[0], float(len(nums))))


def last_axis(function):
    return lambda x: [last_axis(function)(row) for row in x] if len(shape(x)) > 1 else function(x)


def shifted(scores):
    top = constant(scores[0], max(num.value for num in scores))
    return [apply("sub", num, top) for num in scores]


@last_axis
def softmax(scores):
    powers = [apply("exp", num) for num in shifted(scores)]
    total = summed(powers)
    return [apply("div", num, total) for num in powers]


@last_axis
def logsoftmax(scores):
    below = shifted(scores)
    total = apply("log", summed([apply("exp", num) for num in below]))
    return [apply("sub", num, total) for num in below]


def norm(x):
    squares = [apply("mul", num, num) for num in flat(x)]
    total = summed(squares)
    return apply("sqrt", total) if total.value else apply("mul", total, constant(total, 0.0))


def extreme(sign):
    def found(x):
        nums = flat(x)
        best = nums[0]
        for num in nums[1:]:
            if sign * num.value > sign * best.value:
                best = num
        return apply("copy", best)

    return found


def weighted(t, x):
    """t·x, nothing where t is 0."""
    return apply("mul", t, x) if t.value != 0 else constant(t, 0.0)


def pairs(term):
    def loss(p, t):
        size = together(shape(p), shape(t))
        places = product(*(range(n) for n in size))
        return summed([term(at(p, place), at(t, place)) for place in places])

    return loss


def square(p, t):
    difference = apply("sub", p, t)
    return apply("mul", difference, difference)


def cross(p, t):
    return apply("neg", weighted(t, apply("log", p)))


def both_sides(p, t):
    one = constant(p, 1.0)
    return apply("add", cross(p, t), cross(apply("sub", one, p), apply("sub", one, t)))


def with1(x):
    return [with1(row) for row in x] if len(shape(x)) > 1 else [constant(x[0], 1.0), *x]


ARRAYS = {
    "matmul": matmul,
    "dot": inner,
    "transpose": transposed,
    "outer": lambda a, b: [[apply("mul", x, y) for y in b] for x in a],
    "norm": norm,
    "softmax": softmax,
    "logsoftmax": logsoftmax,
    "with1": with1,
    "squared_error": pairs(square),
    "bce": pairs(both_sides),
    "cross_entropy": pairs(cross),
}


def call(op, args):
    if op in {"max", "min"} and len(args) == 1:
        return extreme(1 if op == "max" else -1)(args[0])
    if op in {"max", "min"}:
        best = args[0]
        for other in args[1:]:
            best = elementwise(op, best, other)
        return best
    if op in {"sum", "mean"}:
        axis = int(args[1].value) if len(args) > 1 else None
        return along(args[0], axis, summed if op == "sum" else mean)
    return ARRAYS[op](*args) if op in ARRAYS else elementwise(op, *args)


def evaluate(expr, known, tape):
    """The number or nested lists that a formula makes of the known ones."""

    def one(here, below):
        match here:
            case Number(value=value):
                return Num(tape, value)
            case Name(key=key):
                return known[key]
            case Call(op=op):
                return call(op, below)
            case ArrayOf():
                return below
            case Index(items=items):
                return picked(below[0], list(items))
            case Entry(digits=digits):
                return picked(below[0], [int(d) - 1 for d in digits.replace(",", "")])
        raise AssertionError(here)

    return fold(expr, one)


def plain(x, what):
    return [plain(part, what) for part in x] if isinstance(x, list) else what(x)


def run(graph, inputs):
    """Values of all names, and the gradients of the (scalar) output by all inputs: two dicts of nested lists."""
    tape = []
    known = {}
    for key in [*graph.given, *graph.weights]:
        known[key] = plain(inputs[key], lambda x: Num(tape, float(x)))
    for key, node in graph.nodes.items():
        known[key] = evaluate(node.expr, known, tape)
    output = known[graph.output]
    if not isinstance(output, list):
        backward(tape, output)
    values = {key: plain(x, lambda num: num.value) for key, x in known.items()}
    gradients = {
        key: plain(known[key], lambda num: num.gradient or (0.0 if num.gradient is None else num.gradient))
        for key in [*graph.given, *graph.weights]
    }
    return values, gradients


def backward(tape, output):
    output.gradient = 1.0
    for num in reversed(tape):
        if num.gradient is None:
            continue
        for part, slope in num.made_of:
            share = num.gradient * slope
            part.gradient = share if part.gradient is None else part.gradient + share
