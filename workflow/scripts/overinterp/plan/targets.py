"""What can be asked for by name: ``python -m overinterp.plan.targets config/config.yaml``, which is what `make targets` runs."""

from __future__ import annotations

import sys

from overinterp.plan import outputs
from overinterp.plan.read import load, read
from overinterp.plan.sentences import ConfigError


def listed(config: dict) -> str:
    """Every table and figure of every study, by the question that it answers; below, what a study lacks for others."""
    lines = []
    for study in read(config):
        found = outputs.targets(study)
        lines.append(f"study {study.name}")
        for question in dict.fromkeys(question for _, question, _ in found):
            there = [path for path, asked, missing in found if asked == question and missing is None]
            lines += [f"  {question}", *(f"    {path}" for path in there)] if there else []
        lines += [f"  not {path.split('/', 2)[2]}: it would need {missing}" for path, _, missing in found if missing]
    return "\n".join(lines)


if __name__ == "__main__":
    try:
        print(listed(load(sys.argv[1])))
    except ConfigError as error:
        sys.exit(f"targets: {error}")
