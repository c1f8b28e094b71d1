"""Green Button feeds for tests: entries with the links that vendors give them."""

ESPI = 'xmlns="http://naesb.org/espi"'
BASE = "https://utility.example.com/espi/1_1/resource"


def feed(*entries):
    return ('<feed xmlns="http://www.w3.org/2005/Atom">' + "\n".join(entries) + "\n</feed>\n").encode()


def entry(path, content, *related, title=""):
    links = "".join(f'<link rel="related" href="{BASE}{other}"/>' for other in related)
    up = path.rpartition("/")[0]
    return (
        f'<entry><link rel="self" href="{BASE}{path}"/><link rel="up" href="{BASE}{up}"/>{links}'
        f"<title>{title}</title><content>{content}</content></entry>"
    )


def point(path="/UsagePoint/1", *, kind=0, title="", flags=""):
    roles = f"<roleFlags>{flags}</roleFlags>" if flags else ""
    service = f"{roles}<ServiceCategory><kind>{kind}</kind></ServiceCategory>"
    return entry(path, f"<UsagePoint {ESPI}>{service}</UsagePoint>", f"{path}/MeterReading", title=title)


def meter_reading(path="/UsagePoint/1/MeterReading/1", kind="/ReadingType/1"):
    return entry(path, f"<MeterReading {ESPI}/>", f"{path}/IntervalBlock", kind)


def reading_type(path="/ReadingType/1", **members):
    members = {"uom": 72, "intervalLength": 900, "flowDirection": 1, "accumulationBehaviour": 4} | members
    values = "".join(f"<{name}>{value}</{name}>" for name, value in members.items() if value is not None)
    return entry(path, f"<ReadingType {ESPI}>{values}</ReadingType>")


def block(readings, path="/UsagePoint/1/MeterReading/1/IntervalBlock/1", *, interval=None):
    """`readings`: (start, value) or (start, duration, value) or text."""
    period = ""
    if interval:
        period = "<interval><duration>{1}</duration><start>{0}</start></interval>".format(*interval)
    lines = "".join(each if isinstance(each, str) else reading(*each) for each in readings)
    return entry(path, f"<IntervalBlock {ESPI}>{period}\n{lines}</IntervalBlock>")


def reading(start, *rest):
    length = f"<duration>{rest[0]}</duration>" if len(rest) > 1 else ""
    period = f"<timePeriod>{length}<start>{start}</start></timePeriod>"
    return f" <IntervalReading>{period}<value>{rest[-1]}</value></IntervalReading>\n"
