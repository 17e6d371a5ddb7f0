"""Run the command line as `python -m latentkit`."""

from latentkit.shell import main

if __name__ == "__main__":
    main()
