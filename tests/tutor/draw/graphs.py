"""Graphs to draw: those that learners meet, and awkward ones."""

from itertools import pairwise

from tutor.draw.picture import PictureEdge, PictureNode

Graph = tuple[list[PictureNode], list[PictureEdge]]


def edges(text: str, active: str = "") -> list[PictureEdge]:
    """`a,b>c,d` is four edges; `active` lists some of them as `a>c`."""
    used = set(active.split())
    found = []
    for part in text.split():
        sources, targets = part.split(">")
        for source in sources.split(","):
            found += [PictureEdge(source, target, f"{source}>{target}" in used) for target in targets.split(",")]
    return found


def nodes(text: str, kind: str = "node") -> list[PictureNode]:
    """`x=1.000/0.105` is a node with value and gradient."""
    found = []
    for part in text.split():
        name, _, numbers = part.partition("=")
        value, _, gradient = numbers.partition("/")
        found.append(PictureNode(name, value, gradient, kind))
    return found


def relu_sigmoid(active: str = "x1>r1 r1>s1 s1>y") -> Graph:
    return (
        nodes("x1=1.000/0.420 x2=-1.000/0.210", "given")
        + nodes("a=1.0/0.210 b=1.0/0.000 c=4.0/0.105 d=1.0/0.000 e=2.0/-0.105 f=2.0/0.000", "weight")
        + nodes("r1=2.000/0.105 r2=0.000/0.250 s1=0.881/1.000 s2=0.500/1.000")
        + nodes("y=1.381/1.000", "output"),
        edges("c,x1,e,x2>r1 d,x1,f,x2>r2 a,r1>s1 b,r2>s2 s1,s2>y", active),
    )


def three_hidden() -> Graph:
    return (
        nodes("x1=1.000 x2=2.000", "given")
        + nodes("w10=0.010 w11=0.030 w12=0.020 w20=0.020 w21=0.010 w22=0.030", "weight")
        + nodes("w30=0.030 w31=0.020 w32=0.010 v0=0.010 v1=0.020 v2=0.030 v3=0.040", "weight")
        + nodes("s1=0.090 s2=0.080 s3=0.070 h1=0.522 h2=0.520 h3=0.517 a=0.010 b=0.016 c=0.021 d=0.026 e=0.047")
        + nodes("ŷ=0.057/-15.886")
        + nodes("y=8.000", "given")
        + nodes("L=63.095/1.000", "output"),
        edges(
            "w10,w11,w12,x1,x2>s1 w20,w21,w22,x1,x2>s2 w30,w31,w32,x1,x2>s3 s1>h1 s2>h2 s3>h3"
            " v1,h1>a v2,h2>b v3,h3>c a,b>d d,c>e v0,e>ŷ ŷ,y>L",
            "ŷ>L e>ŷ",
        ),
    )


def dense(*sizes: int) -> Graph:
    """A net of fully joined layers."""
    layers = [[f"{'xho'[k]}{i + 1}" for i in range(size)] for k, size in enumerate(sizes)]
    joined = " ".join(f"{','.join(a)}>{','.join(b)}" for a, b in pairwise(layers))
    return [PictureNode(name, "0.500", "-0.125") for layer in layers for name in layer], edges(joined, "x1>h1 h1>o1")


def chain(length: int) -> Graph:
    names = [f"z{i}" for i in range(length)]
    return [PictureNode(name, "0.500") for name in names], edges(" ".join(f"{a}>{b}" for a, b in pairwise(names)))


def diamond() -> Graph:
    return nodes("x=1.0/0.0", "given") + nodes("a=2.0/1.0 b=3.0/-1.0") + nodes("L=5.0/1.0", "output"), edges(
        "x>a x>b a,b>L", "x>b b>L"
    )


def skipping() -> Graph:
    return nodes("x=1.0", "given") + nodes("a=2.0 b=3.0 c=4.0") + nodes("L=5.0", "output"), edges(
        "x>a a>b b>c c>L x>L a>L x>c", "x>L"
    )


def long_names() -> Graph:
    return (
        [
            PictureNode("hidden_activation_of_the_first_layer", "-0.123456789012345", "1e-300", "given"),
            PictureNode("変数", "１２", "0.5"),
            PictureNode("y\u0302", "−1.5", "0.25", "output", "hidden"),
        ],
        edges("hidden_activation_of_the_first_layer>変数 変数>y\u0302"),
    )


def fan(count: int) -> Graph:
    return [PictureNode("x", "1.0"), *(PictureNode(f"y{i}", "1.0") for i in range(count))], [
        PictureEdge("x", f"y{i}", i == count - 1) for i in range(count)
    ]
