"""The lesson file's schema: every table and field of a lesson, with what it means.

Adding a field: write it here (pictures: lesson_picture.py, [vary]: lesson_variation.py) with its description;
`tutor schema` and the file check follow.
"""

from typing import Annotated, Any, Literal

from tutor.lesson_part import Before, Field, Limits, Part
from tutor.lesson_picture import PictureSpec
from tutor.lesson_values import Array, Key, Line, Names, Real, Slug, Text, Whole
from tutor.lesson_variation import Vary

MAX_ROWS = 100_000
MAX_STEPS = 500

QUESTION_KINDS = ("number", "formula", "array", "choice", "order", "derivation", "essay", "result")
STEP_KINDS = ("say", "walk", "ask", "train", "explore", "bug")


class GraphSpec(Part):
    """A computation graph: values, nodes, output."""

    given: dict[str, Array] = Field({}, description="Values that are shown with their gradients and never trained.")
    weights: dict[str, Array] = Field({}, description="Values that training changes.")
    nodes: list[Line] = Field(description='Formulas "name = formula", in any order.', min_length=1, max_length=5000)
    output: str | None = Field(None, description="The node whose gradients are wanted; the last one if left out.")
    rows: list[dict[str, Array]] | None = Field(
        None, description="Data rows; each overrides `given`.", min_length=1, max_length=MAX_ROWS
    )
    total: Literal["sum", "mean"] = Field("sum", description="How the rows' outputs make one loss.")
    decimals: Annotated[int, Limits(ge=0, le=12)] | None = Field(
        None, description="Paper arithmetic: every node's value is rounded to so many decimals."
    )
    aliases: dict[str, Line] | None = Field(
        None, description="More spellings: each stands for a name, an entry or a formula over the graph's names."
    )
    domain: dict[str, Any] | None = Field(
        None,
        description="How a name may vary when formulas are compared: an interval [low, high], or real, positive, "
        "unit, 0/1, one-hot, probabilities, fixed.",
    )


FORMULA_KINDS = ("number", "formula", "array", "derivation")
"""The kinds of question whose target is written as a formula."""
DOMAINS = ("real", "positive", "unit", "0/1", "one-hot", "probabilities", "fixed")


class Option(Part):
    """One option of a choice."""

    text: Line = Field(description="What the student reads.")
    right: bool = Field(False, description="Whether it is right.")
    because: Text = Field("", description="The reason, shown once it was chosen.")
    run: str | None = Field(None, description="The run it stands for, where lowest or highest decides what is right.")


class Step(Part):
    """One step of the lesson: exactly one of say, walk, ask, train, explore, bug."""

    say: Text | None = Field(None, description="Markdown to read.")
    walk: Literal["forward", "backward"] | None = Field(None, description="A walk through a pass of the graph.")
    ask: Text | None = Field(None, description="A question.")
    train: Names | None = Field(None, description="Runs to train, on one plot.", min_length=1, max_length=20)
    explore: str | None = Field(None, description="Free play with this graph.")
    bug: str | None = Field(None, description="The backward pass of this graph is broken on purpose.")

    id: Slug | None = Field(None, description="The question's id in answers files.")
    graph: str | None = Field(None, description="The graph this step is about; the lesson's first if left out.")
    detail: Literal["node", "op"] = Field("node", description="Walk by node, or by every elementary operation.")
    to: str | None = Field(None, description="The node at which a walk stops.")
    of: Line | None = Field(None, description='A backward walk of another derivative, such as "F/x".')
    predict: bool = Field(False, description="Each value is hidden until the student has typed a prediction.")
    plot: list[str] | None = Field(None, description="Which histories to plot.")
    diagnose: bool = Field(
        True, description="train: whether it is said what is wrong with a run; false where a question asks it."
    )
    picture: PictureSpec | None = Field(None, description="A picture beside the text, drawn from graph, data or runs.")
    fault: str | None = Field(None, description="The fault of a bug step; drawn if left out.")
    at: str | None = Field(None, description="The node at which the fault is; drawn if left out.")

    number: Line | None = Field(None, description="Question: a number; the formula that the engine computes it by.")
    formula: Line | None = Field(None, description="Question: a formula, right when equal as a function.")
    array: Line | None = Field(None, description="Question: a vector or matrix, entry by entry.")
    choice: list[Option] | None = Field(None, description="Question: one or several right options.", min_length=2)
    order: Literal["forward", "backward"] | None = Field(None, description="Question: a valid order of the nodes.")
    derivation: Line | None = Field(None, description="Question: several lines, each checked against the target.")
    essay: Text | None = Field(None, description="Question: a model answer, shown afterwards; never scored.")

    result: Line | None = Field(
        None, description="Question: what a run gave: best_epoch, best_loss, epochs, rises, or a history's last value."
    )
    run: str | None = Field(None, description="The run that result is about.")
    epoch: Annotated[Whole, Limits(ge=0)] | None = Field(None, description="result: the history's value at this epoch.")
    lowest: Line | None = Field(None, description="choice: right is the option whose run has the lowest such result.")
    highest: Line | None = Field(None, description="choice: right is the option whose run has the highest such result.")

    within: Annotated[Real, Limits(gt=0)] | None = Field(None, description="Absolute tolerance of a number.")
    digits: Annotated[int, Limits(ge=1, le=15)] | None = Field(None, description="Significant digits of a number (3).")
    using: list[str] | None = Field(None, description="The names an answer may use.")
    everywhere: bool = Field(False, description="Whether a formula must be right on every side of kinks.")
    accept_hidden: bool = Field(
        False, description="The author knows that the numbers of this question (a source's) hide a common mistake."
    )
    hints: list[Text] = Field([], description="Hints, from gentle to plain.", max_length=10)
    feedback: dict[str, Text] | None = Field(
        None, description='What is said when a mistake is found: by its fault, or by fault and node ("sign at h1").'
    )
    points: Annotated[Real, Limits(ge=0)] = Field(1.0, description="What a right answer is worth.")

    @property
    def kind(self) -> str:
        """Which of the six kinds of step it is."""
        return next(kind for kind in STEP_KINDS if getattr(self, kind) is not None)

    @property
    def question_kind(self) -> str | None:
        """Which kind of question it asks, if it asks one."""
        return next((kind for kind in QUESTION_KINDS if getattr(self, kind) is not None), None)

    @property
    def run_names(self) -> tuple[str, ...]:
        """The runs that it trains, draws or asks about."""
        drawn = self.picture.run_names if self.picture is not None else ()
        return (*(self.train or ()), *drawn, *self.asked_runs)

    @property
    def asked_runs(self) -> tuple[str, ...]:
        """The runs that must be trained before an answer can be marked."""
        asked = [self.run, *(option.run for option in self.choice or ())]
        return tuple(name for name in asked if name is not None)

    @property
    def about(self) -> str | None:
        """The name of the graph it is about, where it says one."""
        return self.graph or self.explore or self.bug

    @property
    def formulas(self) -> tuple[str, ...]:
        """The formulas by which the engine knows what is asked or walked."""
        found = (getattr(self, kind) for kind in FORMULA_KINDS)
        of = _as_derivative(self.of) if self.of is not None else None
        return tuple(text for text in (*found, of) if text is not None)

    def check(self) -> None:
        """One kind of step, and one kind of question where it asks one."""
        kinds = [kind for kind in STEP_KINDS if getattr(self, kind) is not None]
        if len(kinds) != 1:
            said = " and ".join(kinds) if kinds else "none"
            raise ValueError(f"a step has exactly one of {', '.join(STEP_KINDS)}; this one has {said}")
        asked = [kind for kind in QUESTION_KINDS if getattr(self, kind) is not None]
        if kinds == ["ask"] and len(asked) != 1:
            said = " and ".join(asked) if asked else "none"
            raise ValueError(f"a question has exactly one of {', '.join(QUESTION_KINDS)}; this one has {said}")
        if kinds != ["ask"] and asked:
            raise ValueError(f"{asked[0]} belongs to a question: add ask = …")


def _as_derivative(text: str) -> str:
    """`F/x` as the derivative it names."""
    top, _, bottom = text.partition("/")
    return f"d({top.strip()})/d({bottom.strip()})"


class DataSpec(Part):
    """Data to train on."""

    from_: Literal["blobs", "moons", "circles", "xor", "spiral", "line", "digits", "mnist", "csv"] = Field(
        alias="from", description="Where the data come from."
    )
    n: Annotated[Whole, Limits(ge=1, le=1_000_000)] | None = Field(None, description="How many rows to make or take.")
    noise: Annotated[Real, Limits(ge=0)] | None = Field(None, description="Standard deviation of the noise.")
    seed: Whole = Field(0, description="Seed of everything random about the data.")
    classes: Annotated[Whole, Limits(ge=2, le=1000)] | None = Field(None, description="How many classes to make.")
    split: dict[Literal["train", "validation", "test"], Real] | None = Field(
        None, description="Shares (or counts) of the parts."
    )
    standardise: bool = Field(False, description="Mean 0 and deviation 1, measured on the training part.")
    file: str | None = Field(None, description="CSV file beside the lesson.")
    inputs: list[str] | None = Field(None, description="Columns of the CSV file that are inputs.")
    target: Names | None = Field(None, description="Column or columns that are the target.")
    folder: str | None = Field(None, description="Folder of original IDX files.")


class LayerSpec(Part):
    """A dense layer."""

    units: Annotated[Whole, Limits(ge=1, le=100_000)] = Field(description="How many units.")
    activation: Literal["linear", "sigmoid", "tanh", "relu", "leaky_relu", "softplus", "softmax", "step"] = Field(
        "linear", description="What each unit does with its weighted sum."
    )


class ModelSpec(Part):
    """A network of dense layers, named layer1, layer2, …"""

    layers: list[LayerSpec] = Field(
        description="From the first hidden layer to the output.", min_length=1, max_length=64
    )
    init: str | dict[str, Array] = Field(
        "xavier", description="zeros, normal, xavier, he, a checkpoint file, or a table of arrays."
    )


class StopSpec(Part):
    """When to stop before the last epoch."""

    on: Literal["loss", "weights"] = Field(description="What is watched for change.")
    below: Annotated[Real, Limits(gt=0)] = Field(description="Stop once the change is below this.")


class ScheduleSpec(Part):
    """How the learning rate changes from epoch to epoch."""

    kind: Literal["constant", "step", "cosine", "inverse"] = Field(description="The rule.")
    every: Annotated[Whole, Limits(ge=1)] = Field(10, description="step: the rate changes every so many epochs.")
    factor: Real = Field(0.5, description="step: what the rate is multiplied by.")
    decay: Real = Field(1.0, description="inverse: the rate is divided by 1 + decay · epoch.")
    end: Real = Field(0.0, description="cosine: the last rate, as a share of the first.")


def _schedule(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


class RunSpec(Part):
    """A training run of a model on data, or of a graph's weights on its rows."""

    like: str | None = Field(None, description="Another run whose settings are taken over.")
    model: str | None = Field(None, description="The model to train.")
    graph: str | None = Field(None, description="The graph whose weights to train on its rows.")
    data: str | None = Field(None, description="The data to train on.")
    loss: Literal["squared_error", "bce", "cross_entropy", "zero_one"] | None = Field(None, description="The loss.")
    reduce: Literal["mean", "sum"] | None = Field(None, description="How the rows' losses make one.")
    optimizer: Literal["sgd", "momentum", "nesterov", "rmsprop", "adam"] | None = Field(None, description="The rule.")
    lr: Annotated[Real, Limits(gt=0)] | None = Field(None, description="Learning rate.")
    schedule: Annotated[ScheduleSpec, Before(_schedule)] | None = Field(
        None, description="Learning-rate schedule: its kind alone, or a table."
    )
    momentum: Real | None = Field(None, description="μ of momentum and nesterov.")
    betas: list[Real] | None = Field(None, description="Decay rates of adam.", min_length=2, max_length=2)
    rho: Real | None = Field(None, description="Decay rate of rmsprop.")
    eps: Real | None = Field(None, description="ε of rmsprop and adam.")
    batch: Annotated[Whole, Limits(ge=1)] | Literal["all"] | None = Field(None, description='Rows a step, or "all".')
    shuffle: bool | None = Field(None, description="A new seeded order each epoch; false: file order.")
    epochs: Annotated[Whole, Limits(ge=0, le=10_000_000)] | None = Field(None, description="How many epochs.")
    l2: Annotated[Real, Limits(ge=0)] | None = Field(None, description="λ of (λ/2)‖w‖²; biases are not penalised.")
    seed: Whole | None = Field(None, description="Seed of the initial weights and of the shuffling.")
    stop: StopSpec | None = Field(None, description="A rule for stopping early.")
    validate_every: Annotated[Whole, Limits(ge=1)] | None = Field(None, description="Validate every so many epochs.")
    keep: Literal["best", "last"] | None = Field(None, description="Which weights to keep.")
    start: str | None = Field(None, description="A checkpoint to start from.")
    freeze: list[str] | None = Field(None, description="Layers that are not trained.")
    diverges: bool | None = Field(None, description="The author knows that this run diverges: that is what it shows.")


class Lesson(Part):
    """A whole lesson."""

    format: Literal[1] = Field(description="The version of this format: 1.")
    id: Slug = Field(description="A slug, unique in the catalogue.")
    title: Annotated[str, Limits(min_length=1, max_length=200)] = Field(description="What the lesson is called.")
    unit: Slug | None = Field(None, description="The unit it belongs to.")
    summary: Line = Field("", description="One line for the catalogue.")
    needs: list[Slug] = Field([], description="Ids of lessons to do first.")
    minutes: Annotated[Whole, Limits(ge=1, le=600)] = Field(15, description="How long it takes.")
    covers: list[str] = Field([], description="Ids of the curriculum's exercises.")
    graph: dict[Key, GraphSpec] = Field({}, description="The lesson's graphs by name.")
    vary: dict[str, Vary] = Field({}, description="Own numbers for each student.")
    data: dict[Key, DataSpec] = Field({}, description="Data sets by name.")
    model: dict[Key, ModelSpec] = Field({}, description="Networks by name.")
    run: dict[Key, RunSpec] = Field({}, description="Training runs by name.")
    step: list[Step] = Field(description="The steps in reading order.", min_length=1, max_length=MAX_STEPS)


def resolved(lesson: Lesson, name: str) -> RunSpec:
    """A run with everything that it takes over through `like`, its own settings on top.

    The chain must exist and have no circle (checked when the file is read).
    """
    chain: list[RunSpec] = []
    here: str | None = name
    while here is not None and len(chain) <= len(lesson.run):
        chain.append(lesson.run[here])
        here = lesson.run[here].like
    settings: dict[str, Any] = {}
    for spec in reversed(chain):
        settings.update({k: getattr(spec, k) for k in spec.written if k != "like"})
    return RunSpec(**settings)
