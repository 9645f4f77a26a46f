"""``python -m helpers``."""

from helpers.cli import app

if __name__ == "__main__":
    app(prog_name="python -m helpers")
