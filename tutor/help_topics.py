"""`tutor help TOPIC`: formulas, lessons, answers and exit statuses on a page each, from the program's own tables."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator

from engine.ops import OPS
from engine.scan import MAX_LENGTH, MAX_NESTING, MAX_OPERATIONS
from tutor.errors import ExitCode, did_you_mean, wrong
from tutor.text import quoted

WIDTH = 78


def show_topic(topic: str | None) -> int:
    """Writes a topic, or what topics there are. Raises ProblemsError for an unknown one."""
    if topic is None:
        print("Topics: " + ", ".join(TOPICS) + ". For a command: tutor COMMAND --help")
        return int(ExitCode.done)
    if topic not in TOPICS:
        raise wrong("help", f"no topic {quoted(topic)}", did_you_mean(topic, TOPICS))
    print("\n".join(TOPICS[topic]()))
    return int(ExitCode.done)


def functions() -> list[str]:
    """Every function that a formula may call, with its other spellings."""
    found = [
        rule.name + (f" ({', '.join(rule.spelled)})" if rule.spelled else "") for rule in OPS.values() if rule.called
    ]
    return sorted(found)


def formulas() -> Iterator[str]:
    """The language of nodes, questions and answers."""
    yield from textwrap.dedent(
        """\
        Formulas: in lessons, in `tutor explain`, and in your answers

          2(yhat - y)·v1 z(1-z) x     products need no sign
          1/2 (y-t)^2                 is half a square: / and · from left to right
          x^2  x**2  x²               powers
          σ  sigmoid  \\sigma          one name; so are ŷ yhat \\hat{y}, and w_12 w12 w₁₂
          σ'(a)  relu'(p)             the derivative of a function
          dL/dw  ∂L/∂w                a derivative by its name
          \\frac{a}{b}                 LaTeX, as far as it is needed
          s_1  W_{12}                 entries as in mathematics, from one
          s[0]  W[0,1]  X[:,0]        entries as in code, from zero
          A @ B  A'  A.T  A^T         matrix product, transpose; * is entry by entry
          [1, x1, x2]  [[1], [2]]     a vector; a matrix, row by row
          Σ_i (ŷ_i - y_i) x_i         a sum over rows; m is their number
          Σ_{i=1}^{2} a_i b_i         with an upper limit: over arrays

        Functions:
        """
    ).splitlines()
    yield from textwrap.wrap(", ".join(functions()), WIDTH, initial_indent="  ", subsequent_indent="  ")
    yield ""
    yield f"At most {MAX_LENGTH} characters, {MAX_NESTING} levels of brackets, {MAX_OPERATIONS} operations."
    yield "What cannot be read costs nothing."


def lessons() -> Iterator[str]:
    """What a lesson file is, and the way of writing one."""
    yield from textwrap.dedent(
        """\
        Lessons: one folder with a lesson.toml, and its data beside it

          tutor new my-lesson          a small complete lesson, with comments
          tutor check --watch my-lesson   checked on every save
          tutor run my-lesson          as a student sees it
          tutor schema                 every field, for editors

        [graph.NAME]  given, weights, nodes = ["name = formula", …], output; rows of data,
                      total = "sum" or "mean"; decimals = 1 for arithmetic on paper
        [vary]        own numbers for each student
        [[step]]      one of say, walk, ask, train, explore, bug
                      a question (ask) has one of number, formula, array, choice, order,
                      derivation, essay, result; the engine knows what is right
                      say, ask and explore may have a picture = { … } of a kind:
                      curve, bars, matrix, line, differences, runs, path, histogram, images
        [data.NAME] [model.NAME] [run.NAME]   what to train, on what, and how

        A course is a folder of lessons with a course.toml (title, [[unit]] id, title, lessons),
        or a zip of it: tutor list PATH, tutor run PATH, tutor --course PATH check all.
        Lessons are found in the program, in installed packages (entry points tutor.courses),
        in the folders and zips of TUTOR_LESSONS, and by path."""
    ).splitlines()


def answers() -> Iterator[str]:
    """The answers file."""
    yield from textwrap.dedent(
        """\
        Answers: a file for `tutor run LESSON --headless --answers FILE`, `tutor grade`

          lesson = "relu-sigmoid"
          student = "any label"        # optional
          variant = "any label"        # optional; else the student's label
          [answers]
          dy-da = 0.210                # a number; or arithmetic: "2*0.9*0.1"
          dy-dc = "a*s1*(1-s1)*x1"     # a formula, in any way of writing it
          dead-unit = 2                # an option by number, letter or text
          both = [1, 3]                # several options; or "1, 3"
          order = ["y", "s2", "s1"]    # an order of names; or "y, s2, s1"
          slopes = [[1, 0], [2, 3]]    # an array; of formulas: "[p_1, p_2 - 1]"
          derive = [                   # a derivation, line by line
            "dL/dz * dz/dw",
            "(p - t) * x",
          ]
          find-it = "sign at s1"       # a bug: its fault and its node
          why = "In your own words."   # an essay, never scored

        A question without an id is question-3 if it is step 3; `tutor grade` says
        which answers belong to no question.

        Verdicts: right; wrong; imprecise (right, but rounded too coarsely); unreadable,
        missing, unscored (cost nothing)."""
    ).splitlines()


def exit_codes() -> Iterator[str]:
    """What scripts may rely on."""
    yield from textwrap.dedent(
        f"""\
        Exit statuses

          {int(ExitCode.done):>3}  done
          {int(ExitCode.failed):>3}  done, but an answer was wrong, a check failed or a run diverged
               (`tutor check`: warnings alone; `tutor grade`: a file that was not marked)
          {int(ExitCode.usage):>3}  bad input or usage: one message on stderr says what
           70  an error of the program itself; the message names the file that tells more
           74  the output could not be written
          {int(ExitCode.interrupted):>3}  interrupted (Ctrl+C)
          141  whoever read the output went away (as in | head)

        Results go to stdout; progress, warnings and errors to stderr."""
    ).splitlines()


TOPICS: dict[str, Callable[[], Iterator[str]]] = {
    "formulas": formulas,
    "lessons": lessons,
    "answers": answers,
    "exit-codes": exit_codes,
}
"""Topic → its page. A new topic: one function above, one line here."""
