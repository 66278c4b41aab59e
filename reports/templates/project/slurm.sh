#!/bin/bash
# One evaluation by several workers of a Slurm cluster. In the project's folder, on the login node:
#
#     bash cluster/slurm.sh
#
# It hands in a keeper, which makes the run's directory and asks nothing, and an array of workers that begin when
# it is there. The last worker sums the run up. The same command goes on where the time was over or a node died.
# The folder has to lie where every node sees it (NFS, Lustre), and `harness` has to be on the nodes' PATH.

# Change: what is evaluated, by how many workers, and what a worker needs. DATA is the datasets' own files.
EVALUATION=(-t my_task -b my_tfidf --sample)
WORKERS=4
NEEDS=(--cpus-per-task=4 --mem=16G --time=04:00:00)   # a card each: add --gres=gpu:1; --partition=, --account=
# export HARNESS_DATA=/shared/datasets

# Keys stand in no script: harness reads `.env` of this folder (NAME=value lines; chmod 600; git leaves it out), or
# the environment, which sbatch hands on.
# Answers and fits are kept on each node's own disk: the database of answers is not for NFS.
export HARNESS_CACHE="${HARNESS_CACHE:-${TMPDIR:-/tmp}/harness-$(id -un)}"
# module load python; source /shared/venv/bin/activate

set -euo pipefail
case "${1:-submit}" in
submit)
    mkdir -p runs
    keeper=$(sbatch --parsable --job-name=harness-keeper --output=runs/slurm-%j.log "${NEEDS[@]}" "$0" keep)
    keeper=${keeper%%;*}   # a federation's clusters name themselves behind it
    # TERM two minutes before the time is over: what is in flight is waited for, and written.
    sbatch --job-name=harness --array="0-$((WORKERS - 1))" --dependency="afterok:$keeper" --kill-on-invalid-dep=yes \
        --signal=B:TERM@120 --output=runs/slurm-%A-%a.log "${NEEDS[@]}" "$0" work "runs/.slurm-$keeper"
    ;;
keep)
    named="runs/.slurm-$SLURM_JOB_ID"
    harness run "${EVALUATION[@]}" --replicas 0 --quiet > "$named.new"
    mv "$named.new" "$named"
    ;;
work)
    exec harness work "$(<"$2")"
    ;;
esac
