"""The branches of a topology's outline: laid out, ordered, folded, and shown with their states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from owtui.console.drawn import Drawn
from owtui.console.presenters import topology as presenter
from owtui.console.session import Session
from widgets.dialog import Choice, ChoiceDialog
from widgets.outline import Outline

if TYPE_CHECKING:
    from owtui.engine.topology.outline import Branch
    from owtui.engine.topology.picture import LinkView

ORDERS = {
    "c": ("cost", "cost of the link"),
    "n": ("name", "name"),
    "s": ("state", "state, what is wrong first"),
}
_WORST_FIRST = ("critical", "problem", "busy", "unknown", "ok", "deactivated")


class Branching(Drawn):
    """A screen with an outline beside its drawing."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.by_hops = True
        self.order_by = "cost"
        self.opened: set[str] = set()  # lost nodes whose unreachable ones are shown
        self.branches: Sequence[Branch] = ()
        self.worse: Mapping[tuple[str, str], float] = {}

    @property
    def outline(self) -> Outline:
        """The tree."""
        return self.query_one(Outline)

    def stand(self, node: str | None) -> None:
        """Stand on a node, in the tree and in the drawing."""
        raise NotImplementedError

    def lay_out(self) -> None:
        """Make the branches anew: the picture, the root or the order is another."""
        from owtui.engine.topology.outline import outline

        network = self.network
        if network is None or network.root is None:
            self.branches = ()
        else:
            self.branches = outline(
                network.picture,
                network.root,
                by_hops=self.by_hops,
                opened=self.opened,
                key=self._key,
            )
        self.show()

    def _key(self, node: str, link: LinkView | None) -> object:
        network = self.network
        assert network is not None  # it is asked while one is laid out
        name = network.picture.nodes[node].name
        if self.order_by == "name":
            return name
        if self.order_by == "state":
            return (_WORST_FIRST.index(self._state(node)), name)
        return (link.weight if link is not None else 0.0, name)

    def _state(self, node: str) -> str:
        network, session = self.network, self.session
        assert network is not None  # there are nodes
        lost = not any(link.is_up for link in network.links_of[node])
        alone = not network.links_of[node]
        view = network.picture.nodes[node]
        return presenter.state(view, session.rows, session.busy, is_lost=lost and not alone)

    def states(self) -> Mapping[str, str]:
        """By node its state."""
        return (
            {node: self._state(node) for node in self.network.picture.nodes}
            if (self.network)
            else {}
        )

    def show(self) -> None:
        """Show states and ages as they are; only what differs is painted."""
        network = self.network
        if network is None:
            return
        states, now, glyphs = self.states(), self.session.now(), self.session.glyphs
        self.outline.update_rows(
            presenter.outline_rows(
                network, self.branches, states, self.worse, self.opened, now, glyphs
            )
        )
        self.paint(states)

    def folds(self) -> str | None:
        """The lost node that is under the cursor, or that this one is behind of."""
        at = next((n for n, one in enumerate(self.branches) if one.node == self.here()), None)
        while at is not None and at >= 0:
            one = self.branches[at]
            if one.behind:
                return one.node
            if not one.is_behind:
                return None
            at -= 1
        return None

    def action_topology_fold(self) -> None:
        """Show what is unreachable behind a lost node, or fold it away."""
        node = self.folds()
        if node is not None:
            self.opened ^= {node}
            self.lay_out()
            self.stand(node)

    def action_list_sort(self) -> None:
        """Choose how branches stand beside one another, and by what the tree is made."""
        other = "cost" if self.by_hops else "hops"
        choices = [Choice(letter, f"By {what}") for letter, (_, what) in ORDERS.items()]
        choices.append(Choice("w", f"Ways by {other}", "what the shortest way is"))

        def take(letter: str) -> None:
            if letter == "w":
                self.by_hops = not self.by_hops
            else:
                self.order_by = ORDERS[letter][0]
            self.lay_out()
            self.stand(self.here())
            self.refresh_frame()

        def chosen(letter: str | None) -> None:
            if letter is not None:
                take(letter)

        dialog = ChoiceDialog("Branches", choices, glyphs=self.session.glyphs)
        self.app.push_screen(dialog, chosen)
