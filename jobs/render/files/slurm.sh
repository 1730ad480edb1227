#!/usr/bin/env bash
# Run one daf command on all nodes of a Slurm allocation:
#   sbatch --nodes=4 cluster/slurm.sh daf score --manifest /shared/manifest --head /shared/head --out /shared/scores
# GPUs: add --gpus-per-node=4. Run from a folder that all nodes share and that has the .venv.
#SBATCH --job-name=daf
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --exclusive
#SBATCH --mem=0
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=daf-%j.log
# --exclusive: at its end Ray stops every Ray process of yours on the host, another job's too.
# --requeue: after a lost or preempted node the same command goes on with what is missing.
set -euo pipefail

if [ $# -eq 0 ]; then
    echo "slurm.sh: expected a command, for example: sbatch cluster/slurm.sh daf score --help" >&2
    exit 2
fi

PATH="${DAF_VENV:-$PWD/.venv}/bin:$PATH"
# Everybody on the network can reach Ray's ports; only who has this job's token may use them.
RAY_AUTH_TOKEN=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
export PATH RAY_AUTH_TOKEN RAY_AUTH_MODE=token RAY_USAGE_STATS_ENABLED=0
export RAY_SYMMETRIC_RUN_CLUSTER_WAIT_TIMEOUT=300 # nodes with a slow shared disk need minutes

# This script runs on the first node, which becomes Ray's head. The address, not the name: on many
# systems a host's own name is 127.0.1.1, and then no node believes to be the head.
read -r head_address _ < <(hostname --all-ip-addresses)
port=$((20000 + SLURM_JOB_ID % 10000))

# The command's own exit status is the job's. That of srun is not: Ray's launcher gives 0 where Ray
# failed to start, and workers that outlive the head are killed, which is no failure.
status=$(mktemp)
trap 'rm -f "$status"' EXIT
# shellcheck disable=SC2016 # that bash expands them, on the head
srun --ntasks-per-node=1 --cpus-per-task="$SLURM_CPUS_ON_NODE" --wait=60 \
    ray symmetric-run \
    --address "$head_address:$port" \
    --min-nodes "$SLURM_JOB_NUM_NODES" \
    --num-cpus "$SLURM_CPUS_ON_NODE" \
    -- env "RAY_ADDRESS=$head_address:$port" \
    bash -c '"${@:2}"; echo $? > "$1"' run "$status" "$@" || true

if [ ! -s "$status" ]; then
    echo "slurm.sh: Ray did not start on $SLURM_JOB_NUM_NODES nodes; see the lines above" >&2
    exit 1
fi
exit "$(cat "$status")"
