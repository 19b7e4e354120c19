"""What a dataset is: its columns, their types, units and codes, and how a table is held against them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import polars as pl

from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.values import message

FrameLike = Mapping[str, object] | pl.DataFrame


@dataclass(frozen=True, slots=True)
class Column:
    """One variable of a dataset.

    name:     lower-case name used in code and in the tables.
    dtype:    polars type.
    meaning:  what it holds, in one line.
    unit:     unit of the value; "" where it has none.
    adam:     the CDISC ADaM variable it is written to; "" where ADaM has none.
    codes:    every admissible value of a coded variable; empty where it is free.
    required: whether a null is a fault.
    """

    name: str
    dtype: pl.DataType | type[pl.DataType]
    meaning: str
    unit: str = ""
    adam: str = ""
    codes: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class DatasetSpec:
    """A dataset: its name, what a row is, its key, and its columns in order.

    keys:  the columns that identify a row.
    order: the columns a table is sorted by, so that two derivations are equal byte for byte.
    """

    name: str
    row: str
    keys: tuple[str, ...]
    columns: tuple[Column, ...]
    order: tuple[str, ...] = ()

    @property
    def schema(self) -> dict[str, pl.DataType | type[pl.DataType]]:
        """Column name to polars type, in order."""
        return {column.name: column.dtype for column in self.columns}

    def in_days(self, table: pl.DataFrame, anchor: date) -> tuple[DatasetSpec, pl.DataFrame]:
        """Return dataset and table with days from `anchor` in place of dates, for records that hold no real date.

        A date column `x_date` becomes `x_day`; it is left out where the dataset has that day already.
        """
        columns: list[Column] = []
        shown: list[pl.Expr] = []
        for column in self.columns:
            if column.dtype != pl.Date:
                columns.append(column)
                shown.append(pl.col(column.name))
                continue
            name = f"{column.name.removesuffix('_date')}_day"
            if name not in self.schema and (column.name != "adt" or "day" not in self.schema):
                columns.append(Column(name, pl.Int32, f"{column.meaning}, day from infusion", unit="d"))
                shown.append((pl.col(column.name) - anchor).dt.total_days().cast(pl.Int32).alias(name))
        keys = tuple(name for name in self.keys if name in {column.name for column in columns})
        return DatasetSpec(self.name, self.row, keys, tuple(columns)), table.select(shown)

    def column(self, name: str) -> Column:
        """Return a column by name; raises KeyError where there is none (our own slip)."""
        return {column.name: column for column in self.columns}[name]

    @property
    def adam_names(self) -> Mapping[str, str]:
        """Our name to the ADaM name, for the columns that ADaM knows."""
        return MappingProxyType({column.name: column.adam for column in self.columns if column.adam})

    def empty(self) -> pl.DataFrame:
        """Return the table without rows."""
        return pl.DataFrame(schema=self.schema)

    def conform(self, rows: FrameLike) -> pl.DataFrame:
        """Return `rows` as a table of exactly this schema: ordered, typed and sorted.

        Columns left out become null. Raises DAT-001 for a column that the dataset does not have,
        DAT-002 for a value of the wrong type, DAT-003 for a code that is not in the list, DAT-004
        for a null where a value is required, DAT-005 for two rows with one key; all faults at once.
        """
        frame = rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(dict(rows), strict=False)
        unknown = [name for name in frame.columns if name not in self.schema]
        if unknown:
            expected = ", ".join(self.schema)
            raise UserError(
                *(fault("DAT-001", f"{self.name}.{name}", expected=expected, found=name) for name in unknown)
            )
        table = self._typed(frame)
        faults = [*self._bad_codes(table), *self._bad_nulls(table), *self._bad_keys(table)]
        if faults:
            raise UserError(*faults)
        return table.sort(self.order or self.keys, nulls_last=True, maintain_order=True)

    def _typed(self, frame: pl.DataFrame) -> pl.DataFrame:
        made: list[pl.Series] = []
        faults: list[Fault] = []
        for column in self.columns:
            if column.name not in frame.columns:
                made.append(pl.Series(column.name, [None] * frame.height, dtype=column.dtype))
                continue
            try:
                made.append(frame[column.name].cast(column.dtype))
            except pl.exceptions.PolarsError:
                found = str(frame[column.name].dtype)
                faults.append(
                    fault("DAT-002", f"{self.name}.{column.name}", expected=str(column.dtype), found=found),
                )
        if faults:
            raise UserError(*faults)
        return pl.DataFrame(made)

    def _bad_codes(self, table: pl.DataFrame) -> list[Fault]:
        faults: list[Fault] = []
        for column in self.columns:
            if not column.codes:
                continue
            odd = table[column.name].drop_nulls().unique().to_list()
            faults.extend(
                fault("DAT-003", f"{self.name}.{column.name}", expected=" | ".join(column.codes), found=value)
                for value in sorted(odd)
                if value not in column.codes
            )
        return faults

    def _bad_nulls(self, table: pl.DataFrame) -> list[Fault]:
        return [
            fault(
                "DAT-004", f"{self.name}.{column.name}", expected=message("value_in_every_row"), found=f"{nulls} empty"
            )
            for column in self.columns
            if column.required and (nulls := table[column.name].null_count())
        ]

    def _bad_keys(self, table: pl.DataFrame) -> list[Fault]:
        twice = table.filter(pl.struct(self.keys).is_duplicated()).select(self.keys).unique().sort(self.keys)
        return [
            fault("DAT-005", self.name, expected="one row per " + ", ".join(self.keys), found=str(row))
            for row in twice.head(5).iter_rows()
        ]
