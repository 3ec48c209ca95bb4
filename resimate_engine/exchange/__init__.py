"""Model documents and data in the forms that people have them in: XLSX, and COINr's pair iMeta and iData.

Plain conversions between bytes or text and documents or units; they know neither database nor requests.
"""

from resimate_engine.exchange.cells import FileInvalid, Row
from resimate_engine.exchange.places import Places
from resimate_engine.exchange.sheets import document_of, sheets_of
from resimate_engine.exchange.workbook import read_workbook, write_workbook

__all__ = ["FileInvalid", "Places", "Row", "document_of", "read_workbook", "sheets_of", "write_workbook"]
