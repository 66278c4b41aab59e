"""`harness init --slurm --k8s`: the scripts run as they stand, on a cluster that is this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.running import records_of

IDS = [f"test-{number}" for number in range(4)]  # of the sample of the project's task

# What Slurm does: a copy of the script is run, with the number of its job, an array's once for each task.
SBATCH = """\
#!/bin/bash
tasks=none
for word in "$@"; do case $word in
  --array=*) word=${word#--array=}; tasks=$(seq "${word%-*}" "${word#*-}") ;;
  --dependency=afterok:41) [[ -e kept ]] || exit 1 ;;
esac; done
while [[ $1 == -* ]]; do shift; done
echo "$@" >> handed-in
cp "$1" slurm_script; shift
if [[ $tasks == none ]]; then
  SLURM_JOB_ID=41 bash slurm_script "$@" && touch kept && echo "41;here"
else
  for task in $tasks; do SLURM_JOB_ID=4$task SLURM_ARRAY_TASK_ID=$task bash slurm_script "$@" & done; wait
fi
"""


class Cluster:
    """A project with both scripts, and a PATH on which commands are."""

    def __init__(self, home: Path) -> None:
        self.home, self.bin = home / "project", home / "bin"
        self.bin.mkdir()
        self.command("harness", f'#!/bin/bash\nexec "{sys.executable}" -m harness "$@"\n')
        self.command("sbatch", SBATCH)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HARNESS")},
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "HARNESS_CACHE": str(home / "cache"),
        }
        self.home.mkdir()
        self.said = self.run("harness", "init", "--slurm", "--k8s").stdout

    def command(self, name: str, text: str) -> None:
        """Put a command on the PATH."""
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def started(self, *words: str, **more: str) -> subprocess.Popen[str]:
        """Return a process in the project's folder."""
        pipe = subprocess.PIPE
        about = {"stdout": pipe, "stderr": pipe, "text": True, "env": {**self.environment, **more}}
        return subprocess.Popen(words, cwd=self.home, **about)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Return how a process ended."""
        process = self.started(*words)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def ended(self) -> Path:
        """Return the only run's directory, summed up."""
        (path,) = self.home.glob("runs/*/*/*/run.json")
        assert yaml.safe_load(path.read_text(encoding="utf-8"))["status"] == "complete"
        return path.parent

    @property
    def job(self) -> dict:
        """Return the Kubernetes Job."""
        return yaml.safe_load((self.home / "cluster/kubernetes.yaml").read_text(encoding="utf-8"))

    @property
    def container(self) -> dict:
        """Return its only container."""
        (found,) = self.job["spec"]["template"]["spec"]["containers"]
        return found


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    return Cluster(tmp_path_factory.mktemp("cluster"))


@pytest.fixture(scope="module")
def array(cluster: Cluster) -> subprocess.CompletedProcess[str]:
    return cluster.run("bash", "cluster/slurm.sh")


def test_they_are_written_only_when_asked_for(shell):
    shell("init")
    assert not (shell.home / "cluster").exists()


def test_what_is_said_next_names_them(cluster):
    assert cluster.said.splitlines()[-2:] == [
        "  bash cluster/slurm.sh",
        "  kubectl create -f cluster/kubernetes.yaml",
    ]


def test_a_slurm_array_makes_the_run_as_the_script_stands(cluster, array):
    assert array.returncode == 0, array.stderr
    assert [record["id"] for record in records_of(cluster.ended())] == IDS
    kept = "runs/.slurm-41"
    assert (cluster.home / "handed-in").read_text().splitlines() == [
        "cluster/slurm.sh keep",
        f"cluster/slurm.sh work {kept}",
    ]
    assert (cluster.home / kept).read_text().strip() == str(cluster.ended().relative_to(cluster.home))
    for number in range(4):
        assert f"worker {number}" in array.stderr


def test_the_pods_of_a_job_make_the_run_as_it_stands_and_the_first_may_come_last(cluster, array):
    before = cluster.ended()
    before.rename(cluster.home / "before")
    words = [*cluster.container["command"], *cluster.container["args"]]
    pods = [cluster.started(*words, JOB_UID="u", JOB_COMPLETION_INDEX=index) for index in ("1", "0")]
    for pod in pods:
        _, err = pod.communicate(timeout=120)
        assert pod.returncode == 0, err
    assert (cluster.home / "runs/.job-u").exists()
    assert [record["id"] for record in records_of(cluster.ended())] == IDS


def test_the_job_is_indexed_and_a_pod_stands_in_the_shared_folder(cluster):
    spec = cluster.job["spec"]
    assert (cluster.job["apiVersion"], cluster.job["kind"]) == ("batch/v1", "Job")
    assert (spec["completionMode"], spec["completions"]) == ("Indexed", spec["parallelism"])
    (mount,) = cluster.container["volumeMounts"]
    (volume,) = spec["template"]["spec"]["volumes"]
    assert volume["name"] == mount["name"]
    assert "claimName" in volume["persistentVolumeClaim"]
    assert mount["mountPath"] == cluster.container["workingDir"]


def test_keys_are_named_and_never_written(cluster):
    keys = [one for one in cluster.container["env"] if one["name"].endswith("KEY")]
    assert keys
    assert all(set(one) == {"name", "valueFrom"} and "secretKeyRef" in one["valueFrom"] for one in keys)
    assert "KEY=" not in (cluster.home / "cluster/slurm.sh").read_text(encoding="utf-8")


def test_bash_finds_no_fault_with_the_slurm_script(cluster):
    assert cluster.run("bash", "-n", "cluster/slurm.sh").returncode == 0
