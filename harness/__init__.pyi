from harness.api import Comparison as Comparison
from harness.api import Leaderboard as Leaderboard
from harness.api import Run as Run
from harness.api import compare as compare
from harness.api import leaderboard as leaderboard
from harness.api import load_runs as load_runs
from harness.api import run as run

__version__: str
DISTRIBUTION: str
