from harness import runs as runs
from harness.api import Arena as Arena
from harness.api import Comparison as Comparison
from harness.api import Leaderboard as Leaderboard
from harness.api import arena as arena
from harness.api import compare as compare
from harness.api import judge as judge
from harness.api import leaderboard as leaderboard
from harness.api import run as run
from harness.runs import Run as Run

__version__: str
DISTRIBUTION: str
