"""The tokenizer: the bytes of many CSV lines to cells, and cells to exact numbers and times, all at once in numpy.

`tokenize` is the entry. It takes whole lines in UTF-8 with a MARGIN on both sides and returns their `Cells`: a table of
places in the same bytes, without an object for any cell, beside the lines that it rejects with their number and text.
`Cells` has the rest: `text` and `texts` decode, `groups` finds rows with equal cells, `numbers` reads decimals as
integers and powers of ten and never as a float, `times` reads cells with one layout. Cells that these cannot read they
mark as odd; the caller reads those one by one, in words fit for a rejected row.

Inside, eight bytes of a cell are one integer, and each step works on a column of these: `byte_cells` finds separators
and quotes, `decimals` the value of up to sixteen digits, `layout_times` dates and clocks by their places in the cell.
import-linter forbids to import these modules elsewhere. Decision 49 says why this is not a library.

`numbers` is exported too: lists of decimals that are no lines of CSV (NEM12, MSCONS) use the same arithmetic.
"""

from datahub.feeds.formats.csv.tokenizer.byte_cells import MARGIN as MARGIN
from datahub.feeds.formats.csv.tokenizer.byte_cells import Cells as Cells
from datahub.feeds.formats.csv.tokenizer.byte_cells import tokenize as tokenize
from datahub.feeds.formats.csv.tokenizer.decimals import AHEAD as AHEAD
from datahub.feeds.formats.csv.tokenizer.decimals import EMPTY as EMPTY
from datahub.feeds.formats.csv.tokenizer.decimals import ODD as ODD
from datahub.feeds.formats.csv.tokenizer.decimals import PLAIN as PLAIN
from datahub.feeds.formats.csv.tokenizer.decimals import numbers as numbers
from datahub.feeds.formats.csv.tokenizer.layout_times import NO_OFFSET as NO_OFFSET
