"""Scripts that run a sweep in parts on a cluster: a job array of Slurm, an indexed job of Kubernetes."""

from __future__ import annotations

import json
import math
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from escalation_sim import __version__
from escalation_sim.scenario.messages import printable
from escalation_sim.study.planning import Asked, check, cost_of, planned
from escalation_sim.study.sweep import Plan

PART_HOURS = 0.5  # that a part should take
MOST_PARTS = 500  # many sites allow no larger arrays

_SLURM = Template("""\
#!/bin/bash
#SBATCH --job-name=$name
#SBATCH --array=0-$last
#SBATCH --cpus-per-task=1
#SBATCH --mem=1G
#SBATCH --time=$time
#SBATCH --signal=B:TERM@60
#SBATCH --output=$name-%A_%a.log
# $parts parts of $points points, roughly $hours hours of one processor in all. All nodes must see the folder. A part
# that was killed goes on when it is submitted again; the part that ends last puts the tables together. Compile once
# on the login node before sbatch:  escalation-sim run $file --replicates 1
exec $command --jobs 1 --shard "$${SLURM_ARRAY_TASK_ID}/$parts"
""")

_KUBERNETES = Template("""\
# $parts parts of $points points, roughly $hours hours of one processor in all. Before kubectl apply, put in the image
# that has escalation-sim and the scenario, and the claim of the volume that all parts write to. The part that ends
# last puts the tables together.
apiVersion: batch/v1
kind: Job
metadata:
  name: $name
spec:
  completions: $parts
  parallelism: $parallel
  completionMode: Indexed
  backoffLimitPerIndex: 3
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 30
      containers:
        - name: sweep
          image: escalation-sim:$version
          command: ["/bin/sh", "-c"]
          args:
            - $script
          resources:
            requests: {cpu: "1", memory: 1Gi}
            limits: {memory: 2Gi}
          volumeMounts:
            - {name: results, mountPath: $mount}
      volumes:
        - name: results
          persistentVolumeClaim: {claimName: escalation-sim-results}
""")


def emitted(asked: Asked, options: Mapping[str, Any], kind: str) -> str:
    """A script for `slurm` or `kubernetes`; nothing is run.

    Raises
    ------
    EscalationSimError
        As for the sweep itself: bad input, or a sweep too dear.
    """
    from escalation_sim.report.sweep import default_folder, repeats

    plan = planned(asked)
    cost = cost_of(plan)
    check(plan)
    folder = Path(options["out"] or default_folder(plan)).absolute()  # a container starts in another folder
    parts = max(1, min(math.ceil(cost.hours / PART_HOURS), MOST_PARTS, plan.chunks))
    kept = {name: options[name] for name in ("max_hours", "max_memory", "max_disk", "parquet") if name in options}
    command = repeats(asked, folder, kept)
    values = {
        "name": _name(plan),
        "parts": parts,
        "last": parts - 1,
        "parallel": min(parts, 50),
        "points": f"{plan.layout.size:,}",
        "hours": f"{cost.hours:,.1f}",
        "time": _clock(3 * cost.hours / parts + 0.2),  # processors differ, and a node may be busy
        "file": printable(shlex.quote(str(asked.file)), 200),  # in a comment, which must not end
        "command": command,
        "version": __version__,
        "script": json.dumps(f'exec {command} --jobs 1 --shard "$JOB_COMPLETION_INDEX/{parts}"'),
        "mount": json.dumps(str(folder.parent)),
    }
    return (_SLURM if kind == "slurm" else _KUBERNETES).substitute(values)


def _name(plan: Plan) -> str:
    """A name that schedulers take: small letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", f"{plan.base.id}-{plan.layout.id}".lower()).strip("-")[:50].rstrip("-")


def _clock(hours: float) -> str:
    """Hours as Slurm writes them.

    >>> _clock(1.5)
    '01:30:00'
    """
    minutes = math.ceil(hours * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:00"
