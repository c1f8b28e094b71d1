"""Small feed files, and the formats of the stored ones."""

_ENTSOE_HEAD = (
    '<GL_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-6:generationloaddocument:3:0">'
    "<type>{kind}</type>{more}"
)
_ENTSOE_SERIES = (
    "<TimeSeries><{zone}Zone_Domain.mRID>10Y-ZONE</{zone}Zone_Domain.mRID>"
    "<quantity_Measure_Unit.name>{unit}</quantity_Measure_Unit.name><curveType>{curve}</curveType>"
    "<MktPSRType><psrType>B16</psrType></MktPSRType><Period><timeInterval><start>2026-03-29T00:00Z</start>"
    "<end>2026-03-29T01:00Z</end></timeInterval><resolution>PT15M</resolution>{points}</Period></TimeSeries>"
)


def entsoe_document(*points, kind="A75", curve="A01", unit="MAW", zone="inBidding", more="", times=1):
    all_points = "".join(
        f"<Point><position>{position}</position><quantity>{quantity}</quantity></Point>\n"
        for position, quantity in points
    )
    series = _ENTSOE_SERIES.format(zone=zone, unit=unit, curve=curve, points=all_points)
    return (_ENTSOE_HEAD.format(kind=kind, more=more) + series * times + "</GL_MarketDocument>").encode()


NEM12 = "\n".join(
    [
        "100,NEM12,202603020900,METERCO,SHOP",
        "200,NMI0000001,E1Q1,E1,E1,N1,SER001,kWh,30,",
        f"300,20260301,{','.join(['.125'] * 47)},0,V,,,20260302040000,",
        "400,1,47,A,,",
        "400,48,48,N,,",
        f"300,20260302,{','.join(['1.5'] * 48)},A,,,20260303040000,",
        "200,NMI0000001,E1Q1,Q1,Q1,,SER001,kVArh,15,",
        f"300,20260301,{','.join(['2'] * 96)},A,,,20260302040000,",
        "900",
    ]
)

# by file of tests/datahub/feeds/fixtures
FORMAT_OF = {
    "bills.csv": "bills_csv",
    "bills.json": "bills_json",
    "datadis.json": "datadis_json",
    "entsoe_generation.xml": "entsoe_xml",
    "espi_gas_bill_periods.xml": "espi_xml",
    "espi_invalid_block.xml": "espi_xml",
    "espi_two_points_prefixed.xml": "espi_xml",
    "espi_usage_summaries.xml": "bills_espi",
    "espi_wall_clock.xml": "espi_xml",
    "generation_mix.csv": "generation_mix_csv",
    "hand_made_usage.csv": "usage_csv_long",
    "hierarchy.csv": "hierarchy_csv",
    "hierarchy.json": "hierarchy_json",
    "mix_amounts.csv": "mix_amounts_csv",
    "mscons.txt": "mscons",
    "nem12.csv": "nem12",
    "nem13.csv": "nem13",
    "supply_terms.csv": "supply_terms_csv",
    "wide_usage.csv": "usage_csv_wide",
}
