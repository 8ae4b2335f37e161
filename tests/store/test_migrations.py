"""The migrations make the tables that the code uses."""

import logging
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from nbsweep.records import RunState
from nbsweep.store import migrations
from nbsweep.store.sql import SqlStore
from nbsweep.store.tables import metadata


@pytest.fixture
def connection(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/a.db")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_the_known_revisions_are_those_of_the_files_in_order():
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    in_order = [script.revision for script in scripts.walk_revisions()][::-1]
    assert tuple(in_order) == migrations.REVISIONS
    assert scripts.get_current_head() == migrations.HEAD


def test_migrations_make_the_tables_of_the_code(connection):
    migrations.upgrade(connection)
    context = MigrationContext.configure(
        connection, opts={"version_table": migrations.VERSION_TABLE, "compare_type": True}
    )
    assert context.get_current_revision() == migrations.HEAD
    assert compare_metadata(context, metadata) == []
    inspector = inspect(connection)
    unique = inspector.get_unique_constraints("runs")
    assert [constraint["column_names"] for constraint in unique] == [
        ["sweep_id", "number", "attempt"]
    ]
    assert inspector.get_pk_constraint("history")["constrained_columns"] == ["run_id", "row"]


def test_a_store_of_the_first_revision_is_updated_in_place(tmp_path, connection):
    migrations.upgrade(connection, to="0001")
    connection.exec_driver_sql(
        "INSERT INTO sweeps (id, project, config, seed, state, created_at, version) VALUES "
        """('old00001', 'demo', '{"method":"grid"}', '7', 'RUNNING', 1.0, 5)"""
    )
    for run_id, asked in {"run0": "NULL", "run1": "'enough'"}.items():
        connection.exec_driver_sql(
            "INSERT INTO runs (id, project, sweep_id, number, attempt, name, state, params, "
            "config, summary, origin, agent_id, host, pid, created_at, heartbeat_at, "
            "history_rows, tags, version, stop_requested) "
            f"SELECT '{run_id}', 'demo', id, {run_id[-1]}, 0, '', 'running', '{{}}', '{{}}', "
            f"'{{}}', '{{}}', 'ann', '', 0, 2.0, 2.0, 0, '[]', 5, {asked} FROM sweeps"
        )
    connection.commit()
    for _ in range(2):
        store = SqlStore(f"sqlite:///{tmp_path}/a.db")
        assert store.sweep("old00001").prior == store.sweep("old00001").edits == ()
        assert store.sweep("old00001").queue == ()
        first, second = store.snapshot("old00001").runs
        assert (first.stop_requested, first.stop_state, first.code_hash) == (None, None, None)
        assert not first.retry_requested
        assert first.continue_requested == {}
        assert (second.stop_requested, second.stop_state) == ("enough", RunState.KILLED)
        store.append_history("run0", "ann", [], summary=None, at=3.0, console="new\n")
        store.close()
    assert connection.exec_driver_sql("SELECT chunk, text FROM console").fetchall() == [
        (0, "new\n"),
        (1, "new\n"),
    ]


def test_a_migration_that_is_not_committed_leaves_nothing(connection):
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    migrations.upgrade(connection)
    assert set(inspect(connection).get_table_names()) > set(metadata.tables)
    connection.rollback()
    assert inspect(connection).get_table_names() == []


def test_opening_says_nothing(tmp_path, caplog, capfd):
    with caplog.at_level(logging.WARNING):
        SqlStore(f"sqlite:///{tmp_path}/b.db").close()
    assert (caplog.records, *capfd.readouterr()) == ([], "", "")
