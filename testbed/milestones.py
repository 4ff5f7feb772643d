import time


class Milestones:
    """Tells what is done, each with the seconds since the beginning."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def tell(self, text: str) -> None:
        print(f"{time.monotonic() - self._started:6.1f} s  {text}", flush=True)
