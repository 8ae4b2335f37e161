"""Every store keeps the contract."""

import pytest

from nbsweep.store.memory import MemoryStore
from nbsweep.store.sql import SqlStore
from nbsweep.store.tables import metadata
from nbsweep.testing.stores import StoreContract


@pytest.fixture(scope="module")
def empty_file(tmp_path_factory):
    """A migrated database without rows: copying it is faster than making it."""
    path = tmp_path_factory.mktemp("sqlite") / "empty.db"
    SqlStore(f"sqlite:///{path}").close()
    return path.read_bytes()


@pytest.fixture(scope="module")
def postgres_url(postgres_server):
    """One database for all tests, emptied before each: faster than making one."""
    return postgres_server.new_database()


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self):
        store = MemoryStore("memory://contract")
        yield store
        store.close()


class TestSqliteStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path, empty_file):
        path = tmp_path / "nbsweep.db"
        path.write_bytes(empty_file)
        store = SqlStore(f"sqlite:///{path}")
        yield store
        store.close()


class TestPostgresStore(StoreContract):
    @pytest.fixture
    def store(self, postgres_url):
        store = SqlStore(postgres_url)
        with store._database.writing() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
        yield store
        store.close()
