"""Shows W&B's objects in a notebook's cell."""

from __future__ import annotations

from typing import Any, Protocol


class HasHtml(Protocol):
    """An object that says what it looks like as HTML."""

    def to_html(self, height: int = 420, hidden: bool = False) -> str:
        """It as HTML."""
        ...


def show(value: Any) -> bool:
    """Show a value in the cell; False where nothing can be shown."""
    try:
        from IPython.display import display
    except ImportError:
        return False
    display(value)  # type: ignore[no-untyped-call]
    return True


class ShownAsHtml:
    """What objects have that show themselves by their `to_html`."""

    def display(self: HasHtml, height: int = 420, hidden: bool = False) -> bool:
        """Show it in the cell; False where nothing can be shown."""
        try:
            from IPython.display import HTML
        except ImportError:
            return False
        return show(HTML(self.to_html(height, hidden)))  # type: ignore[no-untyped-call]
