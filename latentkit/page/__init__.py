"""Pages: self-contained HTML files that fetch nothing.

    report_page      the page of `report --html`: the verdict, the plot, the tables, the training run
    explorer         the interactive scatter plot, also alone: the page of `plot -o F.html`
    columns          the values of each image, to color by and to show
    thumbnails       thumbnails of images matched by id
    sheets           thumbnails, many to an image file, within a budget of bytes
    verdict          a report as HTML
    training         the curves of a run as SVG
    reconstructions  images and their reconstructions
    document         the HTML file: security policy, parts, data
    scripts          the page's JavaScript modules joined into one script
    markup           HTML that text from files cannot become part of
    static           the page's own HTML, CSS and JavaScript

The script is our own rather than a plotting library's: all of it is under test, it adds 40 kB to a page, and it draws
50 000 points in one or two frames.
"""

from latentkit.page.document import Page
from latentkit.page.explorer import plot_page
from latentkit.page.report_page import Request, report_page

__all__ = ["Page", "Request", "plot_page", "report_page"]
