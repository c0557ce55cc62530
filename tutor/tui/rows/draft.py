"""An answer that is not sent yet, kept for each question so that leaving it loses nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tutor.unsent import Unsent


@dataclass(frozen=True)
class Draft:
    """The line being typed, the lines before it (of a derivation), and for a choice the cursor and what is picked."""

    text: str = ""
    lines: tuple[str, ...] = ()
    cursor: int = 0
    picked: frozenset[int] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be lost."""
        return not (self.text.strip() or self.lines)

    @property
    def unsent(self) -> Unsent:
        """What of it is kept."""
        return Unsent(self.text, self.lines, tuple(sorted(self.picked)))

    @classmethod
    def of(cls, unsent: Unsent, options: int = 0) -> Draft:
        """What was kept, with the cursor at the first option that is picked; `options`: so many are there to pick."""
        picked = frozenset(i for i in unsent.picked if i < options)
        return cls(unsent.text, unsent.lines, min(picked, default=0), picked)

    def toggle(self, i: int) -> Draft:
        """An option picked, or not any more."""
        return replace(self, cursor=i, picked=self.picked ^ {i})

    def pick(self, i: int) -> Draft:
        """One option and no other."""
        return replace(self, cursor=i, picked=frozenset({i}))

    def sent(self, kind: str) -> Draft:
        """As it was sent: the option at the cursor is picked, if none is."""
        return self.pick(self.cursor) if kind == "choice" and not self.picked else self

    def answer(self, kind: str) -> str:
        """The answer as text, the way answers files write it."""
        if kind == "choice":
            return ", ".join(str(i + 1) for i in sorted(self.sent(kind).picked))
        if kind == "derivation":
            return "\n".join([*self.lines, *([self.text] if self.text.strip() else [])])
        return self.text
