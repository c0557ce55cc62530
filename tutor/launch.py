"""The console command `tutor`."""


def main() -> None:
    """Run the command line; ends the process with its exit status."""
    from tutor.cli import main as run

    run()
