"""An answer that is not sent yet, kept for each question so that leaving it loses nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace


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

    def toggle(self, i: int) -> Draft:
        """An option picked, or not any more."""
        return replace(self, cursor=i, picked=self.picked ^ {i})

    def pick(self, i: int) -> Draft:
        """One option and no other."""
        return replace(self, cursor=i, picked=frozenset({i}))

    def answer(self, kind: str) -> str:
        """The answer as text, the way answers files write it."""
        if kind == "choice":
            chosen = self.picked or {self.cursor}
            return ", ".join(str(i + 1) for i in sorted(chosen))
        if kind == "derivation":
            return "\n".join([*self.lines, *([self.text] if self.text.strip() else [])])
        return self.text
