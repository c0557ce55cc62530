"""What a click does on the lesson screen: it picks an option, goes to a node, or moves the focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutor.tui.rows.graph_rows import label
from tutor.tui.rows.question_rows import option_at
from tutor.tui.screens.playing import PlayingScreen

if TYPE_CHECKING:
    from tutor.session import Session
    from tutor.tui.screens.lesson_panes import LessonPanes


def clicked(screen: PlayingScreen, name: str, column: int, row: int) -> None:
    """A click at a cell of a pane."""
    session, panes = screen.session, screen.panes
    if session is None or panes is None:
        return
    if screen.stage[name].focusable:
        screen.stage.focused_name = name
    question = session.question()
    if name == "graph":
        to_node(screen, panes, session, column, row)
    elif name == "table" and row >= 0:
        panes.table.cursor = 0
        panes.table.move(panes.view(session, screen.draft), row)
    elif name == "story" and question is not None and question.choices:
        number = option_at(question, screen.draft, screen.stage[name].width - 2, row)
        if number is not None:
            pick(screen, number)
    screen.update()


def to_node(screen: PlayingScreen, panes: LessonPanes, session: Session, column: int, row: int) -> None:
    """As `g` and the node's name do."""
    view = panes.view(session, screen.draft)
    picture = view.picture(screen.stage["graph"].width)
    if picture is None or session.graph is None:
        return
    for key in session.graph.graph.names:
        box = picture.boxes.get(label(session.graph.graph, key))
        if box is not None and box[0] <= column < box[0] + box[2] and box[1] <= row < box[1] + box[3]:
            screen.jump_to(session.graph.graph.names[key])
            return


def pick(screen: PlayingScreen, number: int) -> None:
    """An option; a second click on the only one that is picked is the answer."""
    already = screen.draft.picked == frozenset({number})
    key = str(number + 1)
    screen.take_key("enter" if already else key, None if already else key)
