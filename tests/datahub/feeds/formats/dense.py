"""For each format the file that takes most memory for its size: short rows, each of which can be taken."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from datahub.feeds.formats import table
from datahub.feeds.formats.hierarchy import records

_FEED = b'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:e="http://naesb.org/espi">'


@dataclass(frozen=True)
class Dense:
    """A head, rows by their number, what stands between and after them; how many rows a file may have at most."""

    head: bytes
    row: Callable[[int], bytes]
    tail: bytes = b""
    between: bytes = b"\n"
    most_rows: int | None = None

    def rows_within(self, size: int) -> int:
        """How many rows a file of so many bytes has; no more than may be."""
        count = (size - len(self.head) - len(self.tail)) // len(self.row(10**6) + self.between)
        return min(count, self.most_rows or count)

    def write(self, path: Path, rows: int) -> None:
        with path.open("wb") as file:
            file.write(self.head)
            for number in range(rows):
                file.write((self.between if number else b"") + self.row(number))
            file.write(self.tail)


def _day(number: int, form: str = "%Y-%m-%d") -> bytes:
    return (datetime(1990, 1, 1) + timedelta(days=number)).strftime(form).encode()


def _bill(number: int) -> bytes:
    lines = b"\nline,,,,,,,,2,,,,,,X,usage" + b"\nline,,,,,,,,8,,,,,,X,usage"
    return (
        b"statement,A-%d,B-%d,2026-02-03,2026-02-20,2026-01-01,2026-02-01,USD,10,,,,,,,\n" % (number, number)
        + b"section,,,,,2026-01-01,2026-02-01,,10,K-1,water,S,T,N,," + lines
    )  # fmt: skip


def _bill_of_json(number: int) -> bytes:
    period = b'"start":"2026-01-01","end":"2026-02-01"'
    lines = b'[{"name":"X","kind":"usage","amount":2},{"name":"X","kind":"usage","amount":8}]'
    section = (
        b'{"contract_number":"K",' + period + b',"commodity":"water","amount":10,"lines":' + lines + b"}"
    )
    return (
        b'{"account_number":"A-%d","statement_number":"B-%d","statement_date":"2026-02-03",' % (number, number)
        + period + b',"currency":"USD","amount":10,"sections":[' + section + b"]}"
    )  # fmt: skip


def _summary(number: int) -> bytes:
    return (
        b'<entry><link rel="self" href="/UsagePoint/%d/UsageSummary/1"/>'
        b'<link rel="up" href="/UsagePoint/%d/UsageSummary"/><content><e:ElectricPowerUsageSummary>'
        b"<e:billingPeriod><e:duration>2678400</e:duration><e:start>1767225600</e:start></e:billingPeriod>"
        b"<e:billLastPeriod>10</e:billLastPeriod></e:ElectricPowerUsageSummary></content></entry>"
    ) % (number, number)


def _block(number: int) -> bytes:
    period = b"<e:timePeriod><e:duration>%d</e:duration><e:start>%d</e:start></e:timePeriod>"
    reading = b"<e:IntervalReading>" + period + b"<e:value>1</e:value></e:IntervalReading>"
    start = 86400 * number + 18_000
    readings = b"".join(reading % (3600, start + 3600 * hour) for hour in range(24))
    return (
        b'<entry><link rel="self" href="/UsagePoint/9/MeterReading/1/IntervalBlock/%d"/>' % number
        + b"<content><e:IntervalBlock>"
        + b"<e:interval><e:duration>86400</e:duration><e:start>%d</e:start></e:interval>" % start
        + readings + b"</e:IntervalBlock></content></entry>"
    )  # fmt: skip


_ESPI = _FEED + (
    b'<entry><link rel="self" href="/UsagePoint/9"/><link rel="up" href="/UsagePoint"/><content><e:UsagePoint>'
    b"<e:ServiceCategory><e:kind>0</e:kind></e:ServiceCategory></e:UsagePoint></content></entry>"
    b'<entry><link rel="self" href="/UsagePoint/9/MeterReading/1"/><link rel="related" href="/ReadingType/1"/>'
    b"<content><e:MeterReading/></content></entry>"
    b'<entry><link rel="self" href="/ReadingType/1"/><content><e:ReadingType><e:accumulationBehaviour>4'
    b"</e:accumulationBehaviour><e:flowDirection>1</e:flowDirection><e:intervalLength>3600</e:intervalLength>"
    b"<e:uom>72</e:uom></e:ReadingType></content></entry>"
)


def _series(number: int) -> bytes:
    points = b"".join(
        b"<Point><position>%d</position><quantity>1</quantity></Point>" % position
        for position in range(1, 25)
    )
    return (
        b"<TimeSeries><inBiddingZone_Domain.mRID>Z</inBiddingZone_Domain.mRID><quantity_Measure_Unit.name>MAW"
        b"</quantity_Measure_Unit.name><curveType>A01</curveType><MktPSRType><psrType>B16</psrType></MktPSRType>"
        b"<Period><timeInterval><start>%s</start><end>%s</end></timeInterval><resolution>PT60M</resolution>"
        % (_day(number, "%Y-%m-%dT00:00Z"), _day(number + 1, "%Y-%m-%dT00:00Z"))
    ) + points + b"</Period></TimeSeries>"  # fmt: skip


def _message(number: int) -> bytes:
    start = datetime(2026, 3, 1) + timedelta(minutes=15 * number)
    return b"QTY+220:1'DTM+163:%s?+00:303'DTM+164:%s?+00:303'" % (
        start.strftime("%Y%m%d%H%M").encode(),
        (start + timedelta(minutes=15)).strftime("%Y%m%d%H%M").encode(),
    )


_RECORDS = table.MOST_RECORDS
DENSE = {
    "bills_csv": Dense(
        b"record,account_number,statement_number,statement_date,due_date,start,end,currency,amount,contract_number,"
        b"commodity,supplier,tariff_code,tariff_name,name,kind\n",
        _bill,
        most_rows=_RECORDS // 4,
    ),
    "bills_espi": Dense(_FEED, _summary, b"</feed>", b""),
    "bills_json": Dense(
        b'{"bills":[', _bill_of_json, b"]}", b",", most_rows=1_000_000 // (_bill_of_json(0) + b",").count(b",")
    ),
    "datadis_json": Dense(
        b"[",
        lambda number: b'{"cups":"E","date":"%s","time":"01:00","consumptionKWh":1}'
        % _day(number % 20_000, "%Y/%m/%d"),
        b"]",
        b",",
    ),
    "entsoe_xml": Dense(
        b'<GL_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-6:generationloaddocument:3:0"><type>A75</type>',
        _series,
        b"</GL_MarketDocument>",
        b"",
    ),
    "espi_xml": Dense(_ESPI, _block, b"</feed>", b""),
    "generation_mix_csv": Dense(
        b"series,region,start,source,share\n",
        lambda number: b"residual_mix,%d,2026-01-01T00:00Z,wind,1" % number,
        most_rows=_RECORDS,
    ),
    "hierarchy_csv": Dense(
        b"record,mode,as_of,meter_number,commodity\nfile,full,2026-01-01T00:00Z,,\n",
        lambda number: b"meter,,,%d,water" % number,
        most_rows=records.MOST_RECORDS - 1,
    ),
    "hierarchy_json": Dense(
        b'{"mode":"full","as_of":"2026-01-01T00:00Z","installations":[',
        lambda number: b'{"meter_number":%d,"servicepoint_number":1,"start":"2026-01-01"}' % number,
        b"]}",
        b",",
        most_rows=records.MOST_RECORDS,
    ),
    "mix_amounts_csv": Dense(
        b"kind,region,source,start,quantity\n",
        lambda number: b"issued,%d,w,2026-01-01T00:00Z,1" % number,
        most_rows=_RECORDS,
    ),
    "mscons": Dense(
        b"UNA:+,? 'UNB+UNOC:3+1:500+2:500+260302:0000+R'UNH+1+MSCONS:D:04B:UN:2.4c'BGM+7+I+9'UNS+D'NAD+DP'"
        b"LOC+172+DE1'LIN+1'PIA+5+1-1?:1.29.0:SRW'",
        _message,
        b"UNT+9+1'UNZ+1+R'",
        b"",
    ),
    "nem12": Dense(
        b"100,NEM12,202603020900,M,S\n200,NMI0000001,E1,E1,E1,N1,S,kWh,30,\n",
        lambda number: b"300,%s," % _day(number % 20_000, "%Y%m%d") + b"1," * 48 + b"A,,,,",
        b"\n900\n",
    ),
    "nem13": Dense(
        b"100,NEM13,202604051030,M,S\n",
        lambda number: b"250,NMI%07d,11,1,11,11,S,E,1,20260105090000,A,,,2,20260404101530,A,,,1,kWh,," % number,
        b"\n900\n",
    ),
    "supply_terms_csv": Dense(
        b"contract_number,supplier,tariff_code,tariff_name,start\n",
        lambda number: b"%d,S,T,N,2026-01-01" % number,
        most_rows=_RECORDS,
    ),
    "usage_csv_long": Dense(
        b"meter,start,value,unit,direction,interval_seconds\n",
        lambda number: b"M,%s,1,kWh,import,900"
        % (datetime(2000, 1, 1) + timedelta(minutes=15 * number)).strftime("%Y-%m-%dT%H:%MZ").encode(),
    ),
    "usage_csv_wide": Dense(
        b"meter,date,unit," + b",".join(b"%02d:00" % hour for hour in range(24)) + b"\n",
        lambda number: b"M-%d,2025-06-01,kWh" % number + b",1" * 24,
    ),
}  # fmt: skip
