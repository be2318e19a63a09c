"""`python -m kbview`."""

from kbview.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
