"""The file that a backup is: a zip of one file a table, as PostgreSQL's COPY writes it, and a list of what is in it."""

import os
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ValidationError

from whop_crm.runtime.words import CannotStart, in_words

FORMAT = 1
MANIFEST = "manifest.json"


class TableDump(BaseModel):
    """What a table had, and how many rows."""

    columns: list[str]
    rows: int


class Manifest(BaseModel):
    """`revision` is the last migration of the database, `months` the partitions of the timeline."""

    format: int = FORMAT
    made_at: datetime
    revision: str
    postgres: str
    tables: dict[str, TableDump]
    sequences: dict[str, int]
    months: list[str]

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())


def entry(table: str) -> str:
    """The name of a table's rows within the archive."""
    return f"tables/{table}.copy"


@contextmanager
def new_archive(path: Path) -> Generator[zipfile.ZipFile]:
    """A private file that appears under its name when it is whole. Raises CannotStart where there is one already."""
    if path.exists():
        raise CannotStart(f"{path} exists already. Name another file: a backup is never written over.")
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with in_words("writing the backup", path):
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w+b") as file:
                with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                    yield archive
                file.flush()
                os.fsync(file.fileno())
            os.link(part, path)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def open_archive(path: Path) -> Generator[tuple[zipfile.ZipFile, Manifest]]:
    """A backup whose every byte has been checked. Raises CannotStart."""
    with in_words("reading the backup", path):
        try:
            archive = zipfile.ZipFile(path)
        except zipfile.BadZipFile:
            raise CannotStart(f"{path} is no backup of Whop CRM, or was cut short.") from None
        with archive:
            yield archive, _checked(archive, path)


def _checked(archive: zipfile.ZipFile, path: Path) -> Manifest:
    try:
        damaged = archive.testzip()
        manifest = Manifest.model_validate_json(archive.read(MANIFEST))
    except (zipfile.BadZipFile, KeyError, ValidationError, ValueError, OSError) as error:
        raise CannotStart(f"{path} is no whole backup of Whop CRM ({type(error).__name__}).") from None
    missing = [table for table in manifest.tables if entry(table) not in archive.namelist()]
    if damaged or missing:
        raise CannotStart(f"{path} is damaged: {damaged or entry(missing[0])} cannot be read.")
    if manifest.format != FORMAT:
        raise CannotStart(f"{path} was made by a newer version of Whop CRM. Update the checkout, then restore it.")
    return manifest
