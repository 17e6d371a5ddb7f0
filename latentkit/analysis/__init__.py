"""Analyze images from end to end, in a folder that remembers what has been done: what `latentkit analyze` does.

    request       what to analyze, and how
    workspace     the images, the run and the latents, each opened once and shared by the steps
    steps         the steps and what each is made from
    analyze       runs the steps that are needed
    events        what happens, for a display
    pictures      the pictures of a run, which `latentkit train` draws too

The folder:

    analysis.json         what each step was made from (see formats.analysis)
    scan.txt              the images: faults, duplicates, features that give the class away
    run/                  the trained model, a run like any other (see formats.run)
    latents.npz           the latents, with projections, clusters and labels
    report.txt, report.json   do the classes separate? JSON as of `latentkit report --json`
    diagnosis.txt         what went wrong in the training, if anything did
    curves.png            the training curves
    reconstructions.png   held-out images above their reconstructions
    page.html             all of it, to open in a browser
"""
