"""The way into the durable engine: a workflow starts in the transaction of the row it is about."""

from dbos import DBOSClient
from sqlalchemy import Connection, text

from voltfleet.storage.engine import Database

APPLICATION = "voltfleet"
ENGINE_VERSION = "provision-1"
"""Raised only when the sequence of steps of a released workflow changes: the engine runs a workflow
only under the version that it was enqueued with."""
JOBS = "jobs"
"""The queue of every job."""


class WorkflowQueue:
    """Enqueues workflows; runs none. `workflows.engine` makes the tables that it writes to."""

    def __init__(self, database: Database) -> None:
        self._client = DBOSClient(
            system_database_engine=database.engine,
            application_name=APPLICATION,
            lazy=True,
            retry_connection_errors=False,
        )

    def enqueue(
        self, connection: Connection, workflow: str, workflow_id: str, argument: str
    ) -> None:
        """Starts ``workflow(argument)`` once ``connection``'s transaction commits, and not if it
        does not. A workflow id that is there already is left alone."""
        self._client.enqueue_in_transaction(
            connection,
            {
                "workflow_name": workflow,
                "queue_name": JOBS,
                "workflow_id": workflow_id,
                "app_version": ENGINE_VERSION,
            },
            argument,
        )

    def close(self) -> None:
        """Lets go of the database."""
        self._client.destroy()


def drop_notes(connection: Connection) -> None:
    """Drops all that the engine has written beside our tables; it makes them anew at its launch.
    Postgres only: on SQLite its tables go with the file."""
    connection.execute(text("DROP SCHEMA IF EXISTS dbos CASCADE"))
