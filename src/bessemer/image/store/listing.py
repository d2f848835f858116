"""SQL for lists of images: filters, order, and pages by key."""

import operator
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bessemer.image.domain.image import Image, Visibility
from bessemer.image.domain.query import ImageQuery
from bessemer.image.store.images import with_details
from bessemer.image.store.tables import images, properties, tags

# Nulls take part in the order as these, so that one comparison places every row.
_WITHOUT_NULL: Final[dict[str, Any]] = {
    "name": "",
    "container_format": "",
    "disk_format": "",
    "size": -1,
}
_COMPARE: Final[dict[str, Any]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "eq": operator.eq,
    "neq": operator.ne,
}


async def list_images(
    connection: AsyncConnection, query: ImageQuery, after: Image | None, viewer: str | None
) -> list[Image]:
    """One page. `after`: the image that ended the page before. `viewer`: project that may see it.

    `viewer` None sees everything (an administrator).
    """
    statement = select(images).where(*_filters(query)).limit(query.limit)
    if viewer is not None:
        mine = images.c.owner == viewer
        public = images.c.visibility == Visibility.PUBLIC
        community = images.c.visibility == Visibility.COMMUNITY
        asked = query.visibility is Visibility.COMMUNITY
        statement = statement.where(or_(mine, public, community) if asked else or_(mine, public))
    if after is not None:
        statement = statement.where(_behind(query.sort, after))
    order = [getattr(_sortable(key), direction)() for key, direction in query.sort]
    rows = (await connection.execute(statement.order_by(*order))).mappings().all()
    return await with_details(connection, rows)


def _filters(query: ImageQuery) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [
        images.c[column].in_(values) for column, values in query.one_of.items()
    ]
    where += [
        _COMPARE[item.comparison](images.c[item.column], item.moment) for item in query.moments
    ]
    if query.size_min is not None:
        where.append(images.c.size >= query.size_min)
    if query.size_max is not None:
        where.append(images.c.size <= query.size_max)
    if query.visibility is not None:
        where.append(images.c.visibility == query.visibility)
    return where + _detail_filters(query)


def _detail_filters(query: ImageQuery) -> list[ColumnElement[bool]]:
    by_tag: list[ColumnElement[bool]] = [
        exists().where(tags.c.image_id == images.c.id, tags.c.value == value)
        for value in query.tags
    ]
    by_property: list[ColumnElement[bool]] = [
        exists().where(
            properties.c.image_id == images.c.id,
            properties.c.name == name,
            properties.c.value == value,
        )
        for name, value in query.properties.items()
    ]
    return by_tag + by_property


def _sortable(key: str) -> ColumnElement[Any]:
    column: ColumnElement[Any] = images.c[key]
    return func.coalesce(column, _WITHOUT_NULL[key]) if key in _WITHOUT_NULL else column


def _behind(sort: list[tuple[str, str]], last: Image) -> ColumnElement[bool]:
    """Rows that come after `last` in this order."""
    choices: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for key, direction in sort:
        value = getattr(last, key)
        value = _WITHOUT_NULL[key] if value is None else value
        column = _sortable(key)
        choices.append(and_(*equal, column > value if direction == "asc" else column < value))
        equal.append(column == value)
    return or_(*choices)
