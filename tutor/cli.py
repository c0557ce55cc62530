"""The command line: parses, then imports what that command needs."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from tutor.completion import headless_formats, lesson_ids, lessons_or_all, topics
from tutor.messages import UsageError, reported

# Typer carries Click under a private name in some versions and depends on it in others
_ClickException: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")

app = typer.Typer(
    name="tutor",
    help="Learn backpropagation in a terminal: every value, every gradient, every step.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=True,
    no_args_is_help=False,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit status. Every error is one message on stderr, never a traceback."""
    return reported(lambda: _run(argv))


def _run(argv: Sequence[str] | None) -> int:
    command = typer.main.get_command(app)
    args = list(sys.argv[1:] if argv is None else argv)
    try:
        result = command.main(args, prog_name="tutor", standalone_mode=False)
    except _ClickException as error:
        from tutor.wrong_command import what_is_wrong

        raise UsageError(what_is_wrong(error, args)) from None
    except typer.Abort:
        raise KeyboardInterrupt from None
    return int(result or 0)


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Versions of the program and what matters to it.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Log more, also what was typed (as TUTOR_DEBUG=1).")] = False,
    mouse: Annotated[bool, typer.Option("--mouse", help="Clicks choose lessons, nodes and answers.")] = False,
    course: Annotated[
        str | None, typer.Option("--course", help="The course in this folder or zip instead of the one that is here.")
    ] = None,
) -> int:
    """Without a command: the app, with the catalogue of lessons."""
    if course is not None:
        from tutor.course import chosen

        chosen(course)
    if debug:
        os.environ["TUTOR_DEBUG"] = "1"
    _log_start(context.invoked_subcommand)
    if version:
        from tutor.versions import versions

        typer.echo(versions())
        raise typer.Exit(0)
    if context.invoked_subcommand is None:
        from tutor.tui.app import run_app

        raise typer.Exit(run_app(None, mouse=mouse))
    return 0


def _log_start(command: str | None) -> None:
    """Who asks for a debugging log learns what was run, and with which versions."""
    if os.environ.get("TUTOR_DEBUG", "") not in ("", "0"):
        from tutor.log import logger
        from tutor.messages import state_folder
        from tutor.versions import versions

        logger(state_folder()).debug("%s: %s", command or "the app", " ".join(versions().split()))


@app.command()
def run(  # noqa: PLR0913 - one parameter for each option of the command
    lesson: Annotated[
        str, typer.Argument(help="A lesson file, or the id of a lesson (`tutor list`).", autocompletion=lesson_ids)
    ],
    headless: Annotated[bool, typer.Option("--headless", help="The whole lesson without a screen.")] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="Line by line, for screen readers and dumb terminals.")
    ] = False,
    format: Annotated[  # noqa: A002
        str, typer.Option("--format", help="text, json or csv.", autocompletion=headless_formats)
    ] = "text",
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE: a graph's value, or run.slow.lr=0.1.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of every run.")] = None,
    variant: Annotated[str | None, typer.Option("--variant", help="Own numbers for this name.")] = None,
    answers: Annotated[str | None, typer.Option("--answers", help="A file of answers to mark.")] = None,
    out: Annotated[str | None, typer.Option("--out", help="A folder for checkpoints and histories.")] = None,
    mouse: Annotated[bool, typer.Option("--mouse", help="Clicks choose nodes and answers.")] = False,
) -> int:
    """Open a lesson, or run all of it without a screen.

    Example: tutor run relu-sigmoid --headless --format json
    """
    from tutor.request import Request

    request = Request(lesson, format, tuple(settings or ()), seed, variant, answers, out)
    if headless:
        from tutor.headless import run_headless

        return run_headless(request)
    if plain:
        from tutor.plain import run_plain

        return run_plain(request)
    from tutor.tui.app import run_app

    return run_app(request, mouse=mouse)


@app.command(context_settings={"ignore_unknown_options": True})
def explain(
    formula: Annotated[str, typer.Argument(help="A formula: 'L = (sigmoid(w*x+b) - y)^2'")],
    values: Annotated[list[str] | None, typer.Argument(help="name=value …")] = None,
    detail: Annotated[str, typer.Option("--detail", help="op: every elementary operation; node: whole nodes.")] = "op",
) -> int:
    """The full forward and backward walk of any formula.

    Example: tutor explain 'L = (sigmoid(w*x+b) - y)^2' x=1 y=0 w=0.5 b=0
    """
    from tutor.headless import explain_formula

    return explain_formula(formula, values or [], detail)


@app.command()
def check(
    lessons: Annotated[
        list[str],
        typer.Argument(help="Lesson files, folders or ids; `all` for the whole course.", autocompletion=lessons_or_all),
    ],
    jobs: Annotated[int | None, typer.Option("--jobs", help="How many at once.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Check again whenever a file is saved.")] = False,
) -> int:
    """The author's proof: everything wrong or weak about a lesson, with file:line:column.

    Status 2 where a lesson cannot be taken, 1 where there are only warnings, else 0.

    Example: tutor check my-lesson/lesson.toml
    """
    from tutor.checking import check_all

    return check_all(lessons, jobs, watch)


@app.command()
def grade(
    lesson: Annotated[str, typer.Argument(help="The lesson: a file or an id.", autocompletion=lesson_ids)],
    submissions: Annotated[list[str], typer.Argument(help="Answers files, exports of progress, folders of them.")],
    format: Annotated[str, typer.Option("--format", help="table, csv, json or jsonl.")] = "table",  # noqa: A002
    jobs: Annotated[int | None, typer.Option("--jobs", help="How many processes.")] = None,
    feedback: Annotated[str | None, typer.Option("--feedback", help="A folder: one text for each student.")] = None,
    against: Annotated[
        str | None,
        typer.Option("--against", help="Only what moves: earlier results (csv, json, jsonl), or the lesson as it was."),
    ] = None,
) -> int:
    """Mark answers files, folders of them, or exported progress; nothing in them is executed.

    Example: tutor grade relu-sigmoid handed-in/ --format csv > marks.csv

    After a change of the lesson: tutor grade relu-sigmoid handed-in/ --against marks.csv
    """
    from tutor.grade_command import grade_all

    return grade_all(lesson, submissions, format, jobs, feedback, against)


@app.command()
def report(
    submissions: Annotated[list[str], typer.Argument(help="Answers files, exports of progress, folders of them.")],
    lesson: Annotated[
        list[str] | None, typer.Option("--lesson", help="Only these lessons: ids, or files outside the catalogue.")
    ] = None,
    format: Annotated[str, typer.Option("--format", help="text, json or markdown.")] = "text",  # noqa: A002
    jobs: Annotated[int | None, typer.Option("--jobs", help="How many processes.")] = None,
) -> int:
    """The class by misconception, by question and by student; unexplained wrong answers put together.

    Example: tutor report handed-in/ --format markdown > report.md
    """
    from tutor.report_command import report_on

    return report_on(submissions, lesson or [], format, jobs)


@app.command(context_settings={"ignore_unknown_options": True})
def export(
    lesson: Annotated[
        str,
        typer.Argument(help="A lesson's file or id; or a formula; or sandbox.", autocompletion=lesson_ids),
    ],
    to: Annotated[str, typer.Option("--to", help="pytorch, notebook, markdown or lesson.")],
    values: Annotated[list[str] | None, typer.Argument(help="For a formula: name=value …")] = None,
    answers: Annotated[bool, typer.Option("--answers", help="With the answers.")] = False,
    variant: Annotated[str | None, typer.Option("--variant", help="Own numbers for this name.")] = None,
    out: Annotated[str | None, typer.Option("--out", help="A file instead of stdout.")] = None,
) -> int:
    """The lesson as a PyTorch script that prints the same numbers, a notebook, a handout, or a lesson file.

    Example: tutor export relu-sigmoid --to pytorch > proof.py && python proof.py

    What was typed in the sandbox: tutor export sandbox --to lesson --out my-lesson/lesson.toml

    Any formula: tutor export 'L = (sigmoid(w*x+b) - y)^2' x=1.5 y=0.2 w=0.5 b=0.3 --to lesson
    """
    from tutor.export import export_lesson

    return export_lesson(lesson, to, answers, variant, out, values or ())


@app.command()
def sweep(
    lesson: Annotated[str, typer.Argument(help="The lesson: a file or an id.", autocompletion=lesson_ids)],
    over: Annotated[list[str], typer.Option("--over", help="run.slow.lr=0.5,0.3 or seed=0..9; several are combined.")],
    format: Annotated[str, typer.Option("--format", help="table, csv or json.")] = "table",  # noqa: A002
    jobs: Annotated[int | None, typer.Option("--jobs", help="How many processes.")] = None,
    cluster: Annotated[
        str | None, typer.Option("--cluster", help="tcp://host:port of a Dask scheduler, a file of hosts, or local.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Compute again what an earlier sweep left.")] = False,
) -> int:
    """Train a lesson's runs over many settings; points that are done already are not computed again.

    Example: tutor sweep five-learning-rates --over run.r05.lr=0.5,0.3,0.1 --over seed=0..9
    """
    from tutor.sweep import sweep as run_sweep

    return run_sweep(lesson, over, format, jobs, fresh, cluster)


@app.command()
def new(name: Annotated[str, typer.Argument(help="The id of the lesson: a slug such as my-first-net.")]) -> int:
    """Write a small complete lesson, with comments that explain each part.

    Example: tutor new my-first-net && tutor check my-first-net
    """
    from tutor.skeleton import write_skeleton

    return write_skeleton(name)


@app.command()
def progress(
    format: Annotated[str, typer.Option("--format", help="text or json.")] = "text",  # noqa: A002
    export: Annotated[str | None, typer.Option("--export", help="Write everything you did to this file.")] = None,
) -> int:
    """Your own progress, from the journals on this machine.

    Example: tutor progress --export my-work.jsonl
    """
    from tutor.own_progress import show_progress

    return show_progress(format, export)


@app.command("list")
def list_lessons(
    course: Annotated[str | None, typer.Argument(help="Another course: its folder or zip.")] = None,
) -> int:
    """The catalogue of lessons, by unit.

    Example: tutor list my-course.zip && tutor --course my-course.zip
    """
    from tutor.headless import list_catalogue

    return list_catalogue(course)


@app.command()
def doctor(
    format: Annotated[str, typer.Option("--format", help="text or json.")] = "text",  # noqa: A002
    fix: Annotated[bool, typer.Option("--fix", help="Compile the kernels that training needs, ahead of time.")] = False,
    shared: Annotated[
        str | None,
        typer.Option("--shared", help="A folder: compile the kernels into it, for all users of this machine."),
    ] = None,
) -> int:
    """What is wrong with this terminal, this installation or this home, and what to do about it."""
    from tutor.doctor import doctor as look

    return look(format, fix, shared)


@app.command("help")
def explain_topic(
    context: typer.Context,
    topic: Annotated[
        str | None,
        typer.Argument(help="formulas, lessons, answers or exit-codes; or a command.", autocompletion=topics),
    ] = None,
) -> int:
    """What formulas, lessons, answers and exit statuses mean; or what a command does.

    Example: tutor help formulas
    """
    from tutor.help_topics import show_topic

    program = context.find_root()
    command = typer.main.get_group(app).commands.get(topic or "")
    if command is not None:
        with context.__class__(command, info_name=topic, parent=program) as inner:
            typer.echo(command.get_help(inner))
        return 0
    return show_topic(topic)


@app.command()
def schema() -> int:
    """The JSON Schema of the lesson file, for editors.

    Example: tutor schema > lesson.schema.json
    """
    from tutor.skeleton import write_schema

    return write_schema()
