"""Pages: one self-contained HTML file that fetches nothing, for a browser and for a colleague.

    interactive      a picture alone: what `plot -o F.html` writes
    colleague        a verdict and all that it rests on: what `report --html` writes
    explorer         the part that both have: a projection to hover over, search, select from
    document         the file: a policy that forbids it the network, its parts, its data
    columns          what is known of each image, one value each
    views            the projections there are
    sheets           thumbnails, many to a picture, within a budget of bytes
    matched          thumbnails of images found by their ids
    markup           HTML of which no file can become a part
    verdict          a report as HTML
    training         the curves of a run
    reconstructions  images beside what the run makes of them
    findings         a diagnosis as HTML
    static/          the page's own HTML, CSS and JavaScript

The script is ours and small instead of a plotting library's: it is all under test, adds 72 kB to a page, and
blends 50 000 points in the time of a frame or two. Text from files is data to it, never markup.
"""

from latentkit.page.colleague import Request, colleague
from latentkit.page.interactive import Page, interactive

__all__ = ["Page", "Request", "colleague", "interactive"]
