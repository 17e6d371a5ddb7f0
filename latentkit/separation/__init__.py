"""Judge whether the classes separate in a latent space.

    options     thresholds of the verdicts, options of a report, sample sizes
    rows        the latents as checked, sorted rows with numbered classes
    separable   labels given: can a simple classifier tell the classes apart on images it has not seen?
    visible     labels withheld: does clustering find the classes, or any groups at all?
    report      `judge` latents; the verdicts in words, as text and as JSON
    compare     `compare` latents of the same images; the result in words, as text and as JSON

Imports point one way: options, rows <- separable, visible <- report <- compare. Nothing is imported here, so that the
command line can read the options without loading NumPy.
"""
