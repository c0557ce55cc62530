"""The keys of every screen: one table that makes the bindings, the bar at the bottom, and the page that `?` opens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual.binding import Binding, BindingType

from tutor.draw.cells import Row, Run, cell_width


@dataclass(frozen=True)
class Key:
    """`keys` as Textual names them, the action, how the key is written, and what it does in few and in more words.

    In the bar one key may stand for its counterpart as well: there it is written as `both`.
    """

    keys: str
    action: str
    written: str
    short: str
    long: str = ""
    bar: bool = True
    both: str = ""

    @property
    def in_bar(self) -> str:
        """How the bar writes it."""
        return self.both or self.written


EVERYWHERE = (
    Key("", "app.commands", "^P", "commands", "everything by name: actions, settings, lessons (Control-P)"),
    Key("question_mark,f1", "help", "?", "keys", "this page"),
    Key("c", "app.palette", "c", "colours", "other colours: dark, light, ansi, high contrast, none", bar=False),
    Key("ctrl+z", "app.suspend_process", "^Z", "suspend", "to the shell; `fg` comes back", bar=False),
    Key("q,ctrl+c", "leave", "q", "leave", "leave; asks first if an answer is not sent yet"),
)

CATALOGUE = (
    Key("enter,right,space", "open", "Enter", "open", "open the chosen lesson"),
    Key("down,j", "move(1)", "↓", "choose", "the next lesson", both="↑↓"),
    Key("up,k", "move(-1)", "↑", "", "the lesson before", bar=False),
    Key("pagedown", "move(10)", "PgDn", "", "ten on", bar=False),
    Key("pageup", "move(-10)", "PgUp", "", "ten back", bar=False),
    Key("home", "move(-9999)", "Home", "", "first lesson", bar=False),
    Key("end", "move(9999)", "End", "", "last lesson", bar=False),
    Key("m", "mistakes", "m", "mistakes", "what went wrong more than once, and where to practise it", bar=False),
    Key("s", "sandbox", "s", "sandbox", "type your own formulas and numbers"),
    Key("slash", "search", "/", "search", "search as you type; Enter or ↓ goes to the list"),
    Key("escape", "everything", "Esc", "everything", "all lessons again, after a search", bar=False),
    *EVERYWHERE,
)

LESSON = (
    Key("right,n,space,enter", "next", "→", "next", "one step on (also n, Space, Enter)"),
    Key("left,b,p", "back", "←", "back", "one step back (also b, p)"),
    Key("home", "first", "Home", "", "to the start of this walk, or of the lesson", bar=False),
    Key("end", "last", "End", "", "to the end of this walk, or of the lesson", bar=False),
    Key("full_stop", "skip(1)", ".", "", "to the lesson's next step, past the rest of a walk", bar=False),
    Key("comma", "skip(-1)", ",", "", "to the lesson's step before", bar=False),
    Key("down,j", "roll(1)", "↓", "", "down: in a text, a picture, a table, a choice", bar=False),
    Key("up,k", "roll(-1)", "↑", "", "up", bar=False),
    Key("pagedown", "roll(8)", "PgDn", "", "a page down", bar=False),
    Key("pageup", "roll(-8)", "PgUp", "", "a page up", bar=False),
    Key("tab", "pane(1)", "Tab", "pane", "to the next pane; arrows then move its text or picture", bar=False),
    Key("shift+tab", "pane(-1)", "S-Tab", "", "to the pane before", bar=False),
    Key("i,a", "type", "i", "", "back to the line where answers are typed", bar=False),
    Key("h,f2", "hint", "h", "hint", "a hint for the question (F2 while typing)"),
    Key("g", "jump", "g", "node", "jump to a node by its name"),
    Key("t", "table", "t", "table", "all nodes as a table, and back"),
    Key("d", "node", "d", "", "the node in full: local derivatives, shares, what it keeps", bar=False),
    Key("r", "row", "r", "row", "the next data row", bar=False),
    Key("e", "edit", "e", "", "change a number, in a walk or in play", bar=False),
    Key("u", "undo", "u", "", "undo the last change", bar=False),
    Key("o", "original", "o", "", "the lesson's own numbers again; before that, on where you stopped", bar=False),
    Key("f", "open_question", "f", "", "to the next question that is still open", bar=False),
    Key("l", "next_lesson", "l", "", "to the next lesson of the course", bar=False),
    *EVERYWHERE,
)

CHOOSING = (
    Key("", "", "↑↓", "choose", "the option before and after; a b c or 1 2 3 pick one"),
    Key("", "", "Space", "pick", "picks an option; where several may be right, picks it as well, or not any more"),
    Key("", "", "Enter", "answer", "answers with what is picked"),
)

EMPTY_LINE = (
    Key("", "", "Enter", "skip", "goes on without an answer"),
    Key("", "", "←→", "move", "one step back or on, while the line is empty"),
    Key("", "", "F2", "hint"),
    Key("", "", "Esc", "other keys", "leaves the line; its text stays"),
    Key("", "", "^C", "leave", "leave the lesson; asks first if an answer is not sent yet"),
    Key("", "", "F1", "keys"),
)

PLAY_KEYS = (
    Key("", "", "↑↓", "choose", "another number"),
    Key("", "", "+ -", "change", "the number a step more or less; > and < ten steps"),
    Key("", "", "e", "type", "type a number, such as x1 = 0.5"),
    Key("", "", "u", "undo", "undo the last change"),
    Key("", "", "o", "original", "the lesson's own numbers again"),
)
PLAYING = (*PLAY_KEYS, Key("", "", "→", "next"), *EVERYWHERE)

TABLE_KEYS = (
    Key("s", "sort", "s", "sort", "the table in another order: by name, size of value, size of gradient"),
    Key("slash", "filter", "/", "filter", "the table cut to names or formulas with this in them; empty shows all"),
)
TABLE = (
    Key("", "", "↑↓", "move", "the node before and after"),
    Key("", "", "Enter", "node", "the chosen node in full"),
    *TABLE_KEYS,
    Key("", "", "t", "picture", "the picture again"),
    Key("", "", "→", "next"),
    *EVERYWHERE,
)

PREDICTING = (
    Key("", "", "Enter", "predict", "compares the prediction with the result"),
    Key("", "", "→", "show it", "shows the result without a prediction"),
    Key("", "", "←", "back"),
    Key("", "", "Esc", "other keys"),
    Key("", "", "^C", "leave"),
    Key("", "", "F1", "keys"),
)

TYPING = (
    Key("enter", "", "Enter", "mark", "marks the answer, or adds a line of a derivation; on an empty line goes on"),
    Key("escape", "", "Esc", "other keys", "leaves the line; its text stays, and i comes back to it"),
    Key("f2", "hint", "F2", "hint", "a hint"),
    Key("ctrl+c", "leave", "^C", "leave", "leave the lesson; asks first if an answer is not sent yet"),
    Key("f1", "help", "F1", "keys", "this page"),
)

SEARCHING = (
    Key("enter", "", "Enter", "to the list"),
    Key("escape", "", "Esc", "everything again"),
    Key("f1", "help", "F1", "keys"),
)

TRAINING = (
    Key("space,enter", "run", "Space", "start/pause", "start or pause all runs (also Enter)"),
    Key("right,n", "move(1)", "→", "next", "on in the lesson (also n)"),
    Key("tab", "view(1)", "Tab", "view", "the next view: all, curves, plane, gradients, weights, samples, path"),
    Key("shift+tab", "view(-1)", "S-Tab", "", "the view before", bar=False),
    Key("1,2,3,4,5,6,7", "", "1…7", "", "the view with that number in the row above the curves", bar=False),
    Key("plus,equals_sign", "rate(1)", "+", "rate", "the chosen run's learning rate times 1.5, at once", both="+ -"),
    Key("minus", "rate(-1)", "-", "", "the chosen run's learning rate divided by 1.5", bar=False),
    Key("m", "epoch", "m", "epoch", "one epoch of each run"),
    Key("s", "batch", "s", "", "one batch of each run", bar=False),
    Key("f", "speed(1)", "f", "", "faster: twice as many epochs a second", bar=False),
    Key("d", "speed(-1)", "d", "", "slower: half as many epochs a second", bar=False),
    Key("v", "choose", "v", "", "choose the next run", bar=False),
    Key("less_than_sign", "scrub(-1)", "<", "time", "back through the epochs, a fortieth of them", both="< >"),
    Key("greater_than_sign", "scrub(1)", ">", "", "forth through the epochs", bar=False),
    Key("comma", "step(-1)", ",", "", "one epoch back", bar=False),
    Key("full_stop", "step(1)", ".", "", "one epoch forth", bar=False),
    Key("home", "step(-999999999)", "Home", "", "to epoch 0", bar=False),
    Key("end", "step(999999999)", "End", "", "to now", bar=False),
    Key("g", "best", "g", "", "to the epoch with the lowest validation loss", bar=False),
    Key("t", "plot", "t", "", "other curves: losses, accuracies, gradients and weights by layer", bar=False),
    Key("l", "log", "l", "", "logarithmic scale, and back", bar=False),
    Key("a", "smooth", "a", "", "smooth curves: the mean of 10 epochs, of 100, and back", bar=False),
    Key("i", "zoom(1)", "i", "", "zoom in: half as many epochs, around the one that is looked at", bar=False),
    Key("o", "zoom(-1)", "o", "", "zoom out: twice as many epochs", bar=False),
    Key("down,j", "roll(1)", "↓", "", "the next samples, or further down in weights", bar=False),
    Key("up,k", "roll(-1)", "↑", "", "the samples before, or further up", bar=False),
    Key("pagedown", "roll(8)", "PgDn", "", "eight times as far", bar=False),
    Key("pageup", "roll(-8)", "PgUp", "", "eight times as far back", bar=False),
    Key("w", "wrong", "w", "", "only samples that are told wrongly, and all again", bar=False),
    Key("h", "held", "h", "", "samples of the validation rows, and of the training rows again", bar=False),
    Key("r", "resume", "r", "", "go on where the runs were left in an earlier session", bar=False),
    Key("z", "again", "z", "", "all runs from the start, with the learning rates as they are", bar=False),
    Key("left,b,p", "move(-1)", "←", "", "back in the lesson (also b, p)", bar=False),
    *EVERYWHERE,
)

SANDBOX = (
    Key("enter", "", "Enter", "take it", "takes the line; on an empty one goes on"),
    Key("backspace", "", "Bksp", "back", "on an empty line: what was typed last, to change it"),
    Key("ctrl+n", "afresh", "^N", "", "begins anew, without what was typed", bar=False),
    Key("f1", "help", "F1", "keys", "this page"),
    Key("ctrl+c", "leave", "^C", "leave", "to the catalogue; what was typed is kept"),
)

READY = (
    Key("enter,right,space", "walk", "Enter", "walk", "forward and backward through the formulas, then play"),
    Key("p", "plot", "p", "plot", "the output over one number or two"),
    Key("f", "file", "f", "save", "as a lesson file, with a name of your own"),
    Key("backspace,left", "back", "Bksp", "change", "back to the numbers and the formulas"),
    Key("ctrl+n", "afresh", "^N", "", "begins anew, without what was typed", bar=False),
    *EVERYWHERE,
)

SURFACE = (
    Key("x", "across", "x", "across", "another number across"),
    Key("y", "up", "y", "up", "another number up; after the last none, which plots a curve"),
    Key("plus,equals_sign", "zoom(0.5)", "+", "nearer", "half as far around the numbers", both="+ -"),
    Key("minus", "zoom(2.0)", "-", "", "twice as far", bar=False),
    Key("question_mark,f1", "help", "?", "keys", "this page"),
    Key("escape,q,left,enter,ctrl+c", "leave", "Esc", "back", "back"),
)

MISTAKES = (
    Key("enter,right,space", "open", "Enter", "practise", "open the lesson at the chosen question"),
    Key("down,j", "move(1)", "↓", "choose", "the next question", both="↑↓"),
    Key("up,k", "move(-1)", "↑", "", "the question before", bar=False),
    Key("pagedown", "move(10)", "PgDn", "", "ten on", bar=False),
    Key("pageup", "move(-10)", "PgUp", "", "ten back", bar=False),
    Key("question_mark,f1", "help", "?", "keys", "this page"),
    Key("escape,q,left,ctrl+c", "leave", "Esc", "back", "back to the catalogue"),
)

COMMANDS = (
    Key("", "", "a-z", "search", "type a few letters of what you want"),
    Key("", "", "↑↓", "choose", "the command before and after; PgUp and PgDn ten of them"),
    Key("", "", "Enter", "do it", "does what is chosen"),
    Key("f1", "help", "F1", "keys", "this page"),
    Key("ctrl+c", "leave", "Esc", "back", "back, nothing done"),
)

PAGE = (
    Key("escape,q,enter,space,question_mark,f1,left", "close", "Esc", "back", "back"),
    Key("down,j", "roll(1)", "↓", "scroll", "down", both="↑↓"),
    Key("up,k", "roll(-1)", "↑", "", "up", bar=False),
    Key("pagedown", "roll(10)", "PgDn", "", "a page down", bar=False),
    Key("pageup", "roll(-10)", "PgUp", "", "a page up", bar=False),
)


def bindings(keys: Iterable[Key]) -> list[BindingType]:
    """Textual's bindings for a table of keys."""
    return [
        Binding(key.keys, key.action, key.long or key.short, show=False, key_display=key.written)
        for key in keys
        if key.action and key.keys
    ]


def bar_row(keys: Iterable[Key], width: int) -> Row:
    """The bar at the bottom: as many keys as fit, the last two always."""
    shown = [key for key in keys if key.bar and key.short]
    while len(shown) > 3 and sum(map(_room, shown)) > width:
        shown.pop(-3)
    runs = [part for key in shown for part in (Run(f" {key.in_bar}", "bar.key"), Run(f" {key.short} ", "bar"))]
    used = sum(cell_width(part.text) for part in runs)
    return (*runs, Run(" " * max(0, width - used), "bar"))


def _room(key: Key) -> int:
    return cell_width(f" {key.in_bar} {key.short} ")


def key_rows(keys: Iterable[Key]) -> list[Row]:
    """Every key with what it does."""
    told = [(key.written, key.long or key.short) for key in keys]
    return [(Run(f"  {written:>5}  ", "prompt"), Run(text, "text")) for written, text in told if text]
