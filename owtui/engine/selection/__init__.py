"""The filter language and the one Selection value that is counted, shown and executed."""

from owtui.engine.selection.completion import completions
from owtui.engine.selection.filter import Filter, parse
from owtui.engine.selection.parser import FilterError
from owtui.engine.selection.selection import Selection, select

__all__ = ["Filter", "FilterError", "Selection", "completions", "parse", "select"]
