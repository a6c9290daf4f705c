# SPDX-License-Identifier: Apache-2.0

"""Leaves out work at the servers' start that changes nothing here and takes half of its time."""

import importlib
import inspect
import sys
import types
from typing import Any


def take() -> None:
    """Take all shortcuts, before anything of OpenStack is imported."""
    _no_eventlet()
    _no_xml_schemas()
    _no_reading_of_sources()
    _no_subqueries()


def _no_eventlet() -> None:
    """Choose threads before anything asks for the default, which is deprecated and slow."""
    service = importlib.import_module("oslo_service.backend")
    service.init_backend(service.BackendType.THREADING)


def _no_xml_schemas() -> None:
    """Keystone's federation compiles twenty XML schemas when imported; nobody federates here."""

    def validate(_document: object) -> None:
        raise NotImplementedError("this Keystone does not federate")

    schema: Any = types.ModuleType("saml2.xml.schema")
    schema.XMLSchemaError = ValueError
    schema.validate = validate
    sys.modules[schema.__name__] = schema


def _no_reading_of_sources() -> None:
    """Order the attributes of Octavia's API types as declared, without parsing their source."""
    wsme: Any = importlib.import_module("wsme.types")

    def sort_attributes(class_: type, attributes: list[Any]) -> None:
        names = [name for base in inspect.getmro(class_) for name in vars(base)]
        attributes.sort(key=lambda attribute: names.index(attribute.key))

    wsme.sort_attributes = sort_attributes


def _no_subqueries() -> None:
    """Load what belongs to rows by their keys, where SQLAlchemy is told to repeat the query in it.

    It builds the SQL of such a subquery anew each time, which is a quarter of what Octavia does.
    """
    strategies: Any = importlib.import_module("sqlalchemy.orm.strategies")
    relationships: Any = importlib.import_module("sqlalchemy.orm.relationships")
    by_key = relationships.RelationshipProperty.strategy_for(lazy="subquery")
    by_key(strategies._SelectInLoader)
