"""Connections to a PostgreSQL server, from the URL that its user writes."""

from __future__ import annotations

from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import Pool

from nbsweep.errors import MissingDependencyError, StoreError

# A network that drops a connection in silence is noticed within a minute.
_POSTGRES_DEFAULTS = {
    "connect_timeout": "10",
    "keepalives_idle": "20",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}


def postgres_engine(url: str, pool: type[Pool] | None) -> Engine:
    """Makes connections to the server at a URL.

    Raises:
        MissingDependencyError: the driver is not installed.
        StoreError: the URL cannot be read.
    """
    try:
        address = make_url(url)
        defaults = {
            key: _POSTGRES_DEFAULTS[key] for key in _POSTGRES_DEFAULTS.keys() - address.query
        }
        # No ping before each transaction, which costs a round trip: a connection that is
        # found lost is replaced and the transaction done again.
        return create_engine(address, connect_args=defaults, poolclass=pool)
    except ImportError as error:
        raise MissingDependencyError(
            'PostgreSQL stores need an extra package: pip install "nbsweep[postgres]"'
        ) from error
    except (ArgumentError, ValueError) as error:
        raise StoreError(_bad_url(url)) from error


def without_password(url: str) -> str:
    """The URL for messages; raises StoreError when it cannot be read."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except (ArgumentError, ValueError) as error:
        raise StoreError(_bad_url(url)) from error


def _bad_url(url: str) -> str:
    scheme = url.partition("://")[0]
    return (
        f"The store URL {scheme}://… cannot be read. Write "
        "postgresql+psycopg://user:password@host:5432/database."
    )
