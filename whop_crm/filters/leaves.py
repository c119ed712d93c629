"""Several filters in one scan of the members, each distinct condition told once."""

import json
from typing import Any, cast

from sqlalchemy import CTE, ColumnElement, and_, false, or_, select, true

from whop_crm.filters.ast import All, Any_, Node, Not, node_to_json
from whop_crm.filters.errors import BadFilter
from whop_crm.filters.sql import EVERYBODY, Asked, compile_node

Where = ColumnElement[bool]


class Leaves:
    """The conditions of filters as the columns of one scan. What is about one membership is one condition."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._columns: list[Where] = []
        self._names: dict[str, str] = {}

    def add(self, node: Node) -> BadFilter | None:
        """Takes in the conditions of a filter; the error of one that cannot be asked."""
        try:
            for leaf in _leaves(node):
                key = _key(leaf)
                if key not in self._names:
                    name = f"c{len(self._names)}"
                    self._columns.append(compile_node(leaf, self._asked).label(name))
                    self._names[key] = name
        except BadFilter as error:
            return error
        return None

    def scan(self, *more: Any) -> CTE:
        """Every member of the list once, with each condition as true or false."""
        return select(true().label("here"), *more, *self._columns).where(EVERYBODY).cte("scan").prefix_with(
            "MATERIALIZED")  # fmt: skip

    def over(self, node: Node, scan: CTE) -> Where:
        """A filter that was added, told from the scan's columns."""
        match node:
            case All():
                return and_(true(), *(self.over(one, scan) for one in node.all))
            case Any_():
                return or_(false(), *(self.over(one, scan) for one in node.any))
            case Not():
                return ~self.over(node.not_, scan)
            case _:
                return cast("Where", scan.c[self._names[_key(node)]])


def _leaves(node: Node) -> list[Node]:
    match node:
        case All():
            return [leaf for one in node.all for leaf in _leaves(one)]
        case Any_():
            return [leaf for one in node.any for leaf in _leaves(one)]
        case Not():
            return _leaves(node.not_)
        case _:
            return [node]


def _key(leaf: Node) -> str:
    return json.dumps(node_to_json(leaf), sort_keys=True)
