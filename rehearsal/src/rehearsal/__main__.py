"""Entry point of the command `python -m rehearsal`."""

from rehearsal.cli import main

if __name__ == "__main__":
    main(prog_name="python -m rehearsal")
