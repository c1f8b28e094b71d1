"""What a page costs on the wire, as a browser with an empty cache loads it."""

import gzip
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import Page, Request

PAGE_LIMIT, SCRIPT_LIMIT, REQUEST_LIMIT = 120_000, 40_000, 15  # bytes compressed; charts' scripts apart
SHIFT_LIMIT = 0.05  # as browsers add up layout shifts (CLS)
_SHIFT = """
new Promise(done => {
  let worst = 0, sum = 0, first = 0, last = 0;
  new PerformanceObserver(list => {
    for (const { value, startTime, hadRecentInput } of list.getEntries()) {
      if (hadRecentInput) continue;
      const isNew = startTime - last > 1000 || startTime - first > 5000;
      [first, sum] = isNew ? [startTime, value] : [first, sum + value];
      last = startTime;
      worst = Math.max(worst, sum);
    }
  }).observe({ type: "layout-shift", buffered: true });
  requestIdleCallback(() => setTimeout(() => done(worst), 0), { timeout: 1000 });
})
"""


@dataclass(frozen=True, slots=True)
class Weight:
    """`whole` and `scripts` in bytes as gzip sends them; scripts of charts are not counted in `scripts`. `shift` is the
    worst layout shift while the page loads.
    """

    whole: int
    scripts: int
    requests: int
    shift: float


def weigh(page: Page) -> Weight:
    """Loads the page that is open once more, from an empty cache."""
    requests: list[Request] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.clearBrowserCache")
    session.detach()

    def keep(request: Request) -> None:
        requests.append(request)

    page.on("request", keep)
    page.reload()
    shift = page.evaluate(_SHIFT)
    page.remove_listener("request", keep)
    answers = [answer for request in requests if (answer := request.response())]
    sizes = {answer.url: len(gzip.compress(answer.body())) for answer in answers if answer.status != 304}
    scripts = {url: size for url, size in sizes.items() if _is_script(url)}
    return Weight(sum(sizes.values()), sum(scripts.values()), len(answers), shift)


def assert_light(page: Page) -> None:
    """At most 120 KB and 15 requests in all, 40 KB of scripts besides those of charts; nothing moves as it loads."""
    weight = weigh(page)
    limits = Weight(PAGE_LIMIT, SCRIPT_LIMIT, REQUEST_LIMIT, SHIFT_LIMIT)
    heavy = [name for name in Weight.__slots__ if getattr(weight, name) > getattr(limits, name)]
    assert not heavy, f"{page.url}: {weight}, at most {limits}"


def _is_script(url: str) -> bool:
    name = urlsplit(url).path.rpartition("/")[2]
    return name.endswith(".js") and not name.startswith("chart")
